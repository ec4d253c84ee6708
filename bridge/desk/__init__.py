"""Acting on the desktop for drives and for the operator: settings, targets, one injection at a time, and the stop."""
