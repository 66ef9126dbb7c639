"""Several recipes on one setting: trained side by side, kept, and told in one table."""
