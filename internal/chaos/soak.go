package main

func soakMain(*options) int { return 0 }
