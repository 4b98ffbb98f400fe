"""The business, a package per noun; each is entered through its door, the package's own names."""
