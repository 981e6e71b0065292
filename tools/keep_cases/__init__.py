"""What sessions and stores keep, by hand: the tables that conformance/cases/session and durable/store-* are made of."""
