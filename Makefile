# `make` alone lists the targets. README.md names two of them: demo and test.
#
# Only what talks to libzmq (the build tag libzmq), and the race detector, need a C
# compiler: lint, interop and bench first run scripts/deps, which installs what is
# missing or prints the line to run. The other targets need Go and nothing else; test
# takes in libzmq where it is installed, and says so where it is not.

GO          ?= go
FUZZTIME    ?= 30s
SEEDS       ?= 2000
DIGESTS     ?= 300
BENCH       ?= .
FAULTS      ?= 10000
DURATION    ?= 10m
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0

# A clone may belong to another user (containers); a version stamp is not worth a failure.
BUILD := $(GO) build -buildvcs=false
PURE  := CGO_ENABLED=0

.DEFAULT_GOAL := help
.PHONY: help deps demo test lint pure fresh cross seeds proofs determinism kill mutate mistakes interop fuzz real hostile chaos soak guard bench

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install gcc, pkg-config and libzmq where missing, or print how
	@scripts/deps

demo: ## three encrypted peers on loopback: call, cast, lose one, get it back
	@$(PURE) $(GO) run -buildvcs=false ./examples/demo

test: ## every test that can run here: with gcc the race detector, with libzmq its transport
	@scripts/test

lint: deps ## gofmt, go mod tidy, go vet, staticcheck
	@scripts/gofmt
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(GO) vet -tags libzmq ./...
	$(GO) run $(STATICCHECK) -tags libzmq ./...
	@for module in $$(scripts/modules); do \
		echo "lint: the module in $$module"; \
		(cd $$module && $(GO) mod tidy -diff && $(GO) vet -tags libzmq ./...) || exit 1; \
	done

pure: ## build, vet and test the main module without cgo, and so without libzmq
	$(PURE) $(BUILD) ./...
	$(PURE) $(GO) vet ./...
	@$(PURE) scripts/gotest ./...

fresh: ## build a program of a new module against this tree, with cgo and without libzmq
	@scripts/fresh

cross: ## build the pure part for the other platforms
	@scripts/cross

seeds: ## every scenario, then SEEDS (2000) fresh seeds of each model in the simulated world
	@$(PURE) scripts/seeds $(SEEDS)

proofs: ## try everything that may happen within the bounds of testdata/explore (some minutes); ALL=1 (an hour)
	@$(PURE) $(GO) run -buildvcs=false ./cmd/bilsim explore $(if $(ALL),-states 30000000) testdata/explore/*.sim testdata/explore/ci/*.sim $(if $(ALL),testdata/explore/nightly/*.sim)
	@KILLS=all $(PURE) $(GO) test -count=1 -run ExploreKills ./cmd/bilsim
	@cd tools && $(PURE) nice $(GO) run ./mistakes -explore

determinism: ## the first DIGESTS (300) committed seeds again: slowed down, 32 bits, WebAssembly ...
	@scripts/determinism $(DIGESTS)

kill: ## put known defects into the core and show that the world finds them
	@$(PURE) scripts/kill $(if $(WRITE),-write)

mutate: ## put thousands of small mistakes into the core, and show that its tests notice (minutes)
	@cd tools && $(PURE) nice $(GO) run ./mutate $(if $(WRITE),-write)

mistakes: ## put forty mistakes made by hand into the core, and show who notices (minutes)
	@cd tools && $(PURE) nice $(GO) run ./mistakes $(if $(WRITE),-write)

interop: deps ## our transport against libzmq, and both against frames of the original
	@scripts/gotest -race -tags=libzmq -count=1 -run 'Libzmq|Foreign|Golden|Old|Our' ./...

fuzz: ## run every fuzz target for FUZZTIME (30s)
	@$(PURE) scripts/fuzz $(FUZZTIME)

real: ## run scenarios by processes on sockets, and compare with the world; RUN=regexp, WRITE=1
	@scripts/real '$(RUN)' $(if $(WRITE),-runs 3 -write docs/REAL.md) $(ARGS)

hostile: ## attack a live node in every way we know, on both transports; RUN=regexp, WRITE=1
	@scripts/hostile $(if $(RUN),-run '$(RUN)') $(if $(WRITE),-write docs/HOSTILE.md) $(ARGS)

chaos: ## put FAULTS (10000) faults between live nodes, on both transports; RUN=regexp, WRITE=1
	@scripts/chaos -faults $(FAULTS) $(if $(RUN),-run '$(RUN)') $(if $(WRITE),-write docs/CHAOS.md) $(ARGS)

soak: ## load a node at half its peak rate for DURATION (10m) of each transport; WRITE=1
	@scripts/chaos -soak $(DURATION) $(if $(WRITE),-write docs/CHAOS.md) $(ARGS)

guard: ## fail if a third of the speed is gone, beside net/rpc in the same minute
	@cd bench && $(PURE) $(GO) run -buildvcs=false . -guard

bench: deps ## benchmarks, and the comparison with net/rpc and raw ZeroMQ
	@scripts/bench '$(BENCH)'
