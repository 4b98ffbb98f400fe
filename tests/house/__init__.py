"""What all tests stand on: real databases, and a fence around the network."""
