"""How fast the step is, and how soon it is there; `docs/benchmarks.md` says how to run these."""
