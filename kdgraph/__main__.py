"""`python -m kdgraph` is `kdgraph`."""

from __future__ import annotations

from kdgraph.cli import main

if __name__ == "__main__":
    main()
