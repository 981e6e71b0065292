"""What names lead to, by hand: the tables that conformance/cases/router is made of."""
