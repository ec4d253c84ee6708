"""What happened, append-only and hash-linked: a row that was changed, removed or cut off shows."""
