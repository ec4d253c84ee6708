"""The version, where a program can read it without the cost of asking for installed metadata."""

VERSION = "0.1.0"
