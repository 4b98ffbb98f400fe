"""The application: the only floor that chooses implementations and puts the rooms together."""
