"""`hotline demo`: everything on one bare machine, and a real recording moving on the wallboard."""
