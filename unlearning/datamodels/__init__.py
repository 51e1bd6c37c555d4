"""How single training points move what a model says of all others."""
