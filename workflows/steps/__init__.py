"""How each step kind runs: one file a kind; `runners.py` is the table of all."""
