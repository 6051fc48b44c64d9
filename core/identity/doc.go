// Package identity says who can be known: users, the credentials they log in with, the tokens they then carry, and API keys. It is pure:
// what it makes is stored by others, and what it checks is handed in.
//
// Nothing in it prints a secret: passwords are kept as hashes only, tokens and API keys as fingerprints.
package identity
