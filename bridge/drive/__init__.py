"""Deciding, without I/O: nothing here knows a clock, a socket or a file."""
