"""Who may do what, and what may be kept of it: trust, permission rules, approvals, redaction."""
