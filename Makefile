# awskeys: `make demo` shows the main job, `make test` runs all tests, `make install` installs.

PREFIX ?= /usr/local
DESTDIR ?=
PROGRAMS = awskeys awskeys-credential-process
VERSION = $(shell sed -n 's/.*version: "\(.*\)",/\1/p' Sources/AWSKeysCLI/AWSKeys.swift)
# The Swift library goes into the programs, so that they run where no Swift is installed.
RELEASE = swift build -c release --static-swift-stdlib

.PHONY: all build manual deb dist test-deb build-deps deps check test unit fuzz coverage end-to-end test-as-user sanitize torture unlocking-table demo bench install uninstall clean

all: build

build-deps:
	@Scripts/deps build

deps:
	@Scripts/deps all

build: build-deps
	$(RELEASE)

# Manual pages, completions of shells, and the unit that locks stores, made from the programs: in .build.
manual: build
	$(RELEASE) --product generate-manual
	Scripts/manual

# The Debian package: .build/dist/awskeys_VERSION_amd64.deb.
deb:
	@Scripts/deps deb
	$(MAKE) manual
	Scripts/deb

# A release: sources, package and their checksums, in .build/dist.
dist: deb
	git archive --prefix=awskeys-$(VERSION)/ HEAD | gzip -9n >.build/dist/awskeys-$(VERSION).tar.gz
	cd .build/dist && sha256sum *.tar.gz *.deb >SHA256SUMS

# As root: the package in a Debian that has nothing else.
test-deb: deb
	Scripts/test-deb

# Formatting, the house's rules, and the scripts.
check: deps
	swift format lint --strict --recursive --configuration .swift-format Package.swift Sources Tests
	Scripts/check-house
	.venv/bin/python -m compileall -q Tests Scripts

test: unit fuzz end-to-end

unit: deps
	swift test

# 100,000 made-up inputs for every parser.
fuzz: deps
	Scripts/fuzz

# How many lines of the parsers the Swift tests reach.
coverage: deps
	Scripts/coverage

# A process for each core; a file's tests stay together, as some share a home.
end-to-end: deps build
	cd Tests/EndToEnd && ../../.venv/bin/python -m pytest -n auto --dist loadfile

# As root: all end-to-end tests once more, as the ordinary user whom awskeys is for.
test-as-user: deps build
	@Scripts/test-as-user

# The Swift tests with sanitizers; of rotations in trouble, a seventh.
sanitize: deps
	Scripts/sanitize

# The long forms: every change of ten stores, 12,000 random sequences of rotations and troubles, a million inputs for
# every parser, every kill of a rotation with all that may follow, two minutes of 64 writers and 200 readers at once,
# every fault and power cut of the commands in docs/architecture.md, and 10,000 kills of them at random moments.
torture: deps build
	AWSKEYS_TORTURE=1 swift test --filter "RotationTests|TamperKitTests"
	Scripts/fuzz 1000000
	cd Tests/EndToEnd && AWSKEYS_TORTURE=1 ../../.venv/bin/python -m pytest -s test_rotate_killed.py test_many_at_once.py
	cd Tests/EndToEnd && AWSKEYS_TORTURE=1 ../../.venv/bin/python -m pytest -n auto -rP test_faults.py \
		test_power_cuts.py test_random_kills.py

# Measures the table of docs/unlocking.md anew. A test holds all but its times against the tests.
unlocking-table: deps build
	cd Tests/EndToEnd && AWSKEYS_WRITE_TABLE=../../docs/unlocking.md ../../.venv/bin/python -m pytest test_unlocking.py \
		--deselect test_unlocking.py::test_the_table_in_the_docs_is_of_these_tests

demo: deps build
	@Scripts/demo

bench: deps build
	@/usr/bin/python3 Tests/Benchmarks/bench.py
	@/usr/bin/python3 Tests/Benchmarks/bench_scan.py

# Builds as the caller and only copies where it may need root: `make build && sudo make install`.
install:
	@[ -x .build/release/awskeys ] || $(MAKE) build
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(PROGRAMS:%=.build/release/%) "$(DESTDIR)$(PREFIX)/bin"

uninstall:
	rm -f $(PROGRAMS:%="$(DESTDIR)$(PREFIX)/bin/%")

clean:
	rm -rf .build .venv
