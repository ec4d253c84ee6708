"""What `koru recover` can do: one module an action, named as the registry names it."""
