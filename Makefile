# Two commands do everything on a Debian machine with Rust: make demo, make test.

.PHONY: demo test bench build-deps test-deps browser-deps bench-deps

STORIES = story1-failing story2-rc4-leaves story3-selfsigned-alert46 story4-masked-inside story5-client-cert
STARTTAP = target/release/starttap

# Installs the Debian packages that are missing. Without root and sudo it says what to type.
define need
@missing=; for package in $(1); do \
	dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; \
done; \
if [ -z "$$missing" ]; then exit 0; fi; \
install="apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends$$missing"; \
if [ "$$(id -u)" = 0 ]; then as_root="env DEBIAN_FRONTEND=noninteractive"; \
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root="sudo -n env DEBIAN_FRONTEND=noninteractive"; \
else echo "Packages are missing. As root: apt-get update && apt-get install -y$$missing"; exit 1; fi; \
echo "installing$$missing"; \
$$as_root apt-get -o DPkg::Lock::Timeout=300 update -qq && $$as_root $$install >/dev/null
endef

# Builds, and prints the reports of the five stories.
demo: build-deps
	cargo build --release
	@for story in $(STORIES); do \
		printf '\n================ %s\n\n' $$story; \
		$(STARTTAP) read captures/$$story.pcap || exit 1; \
	done

# Runs every test; what a test needs and cannot have it says, and skips.
test: build-deps test-deps
	cargo test

# Wall time beside tcpdump and tshark on the same file, as ratios.
bench: build-deps bench-deps
	cargo bench --bench edge

build-deps:
	$(call need,gcc libc6-dev libpcap-dev)

test-deps: build-deps
	$(call need,cmark-gfm iproute2 libxml2-utils openssl python3 tshark util-linux)

# For the test that opens HTML reports; Ubuntu has no such package.
browser-deps:
	$(call need,chromium)

bench-deps:
	$(call need,tshark tcpdump)
