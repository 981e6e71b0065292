"""One verb a module; a module is loaded when its verb is used."""
