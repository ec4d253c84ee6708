"""Models that read an agent's replies, one module an API. They word and summarise; they never declare success."""
