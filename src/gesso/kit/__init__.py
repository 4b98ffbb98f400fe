"""Pure helpers on the standard library alone; everything else in gesso may lean on them."""
