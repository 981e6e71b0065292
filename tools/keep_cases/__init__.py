"""What sessions and stores keep, by hand: the tables that the cases of sessions and stores are made of."""
