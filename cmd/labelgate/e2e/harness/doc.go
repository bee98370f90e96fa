// Package harness runs the real binary beside scripted vendors: it builds it, starts it on a store of its own, sends it
// events, stops or kills it, starts it again, and shows what the vendor got and what the gateway logged.
package harness
