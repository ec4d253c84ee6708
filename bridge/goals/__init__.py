"""The autonomous driver: what a goal is, what is decided, and what is run to find out. The daemon acts on it."""
