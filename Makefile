# prt: `make help` lists the targets.

VERSION	= 0.1.0

PREFIX	?= /usr/local
BINDIR	?= $(PREFIX)/bin
DATADIR	?= $(PREFIX)/share/prt
MANDIR	?= $(PREFIX)/share/man
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/site-functions
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d

BUILD	?= build
CFLAGS	?= -O2 -g
CLANG	?= clang
# Seconds for `make fuzz`, shared out among the fuzzers.
FUZZ_TIME ?= 60
# Test files that run at the same time: most of them wait most of the time.
JOBS	?= 8
# `make test TESTS=t/lint.bats` runs one of them.
TESTS	?= $(long) $(units) $(filter-out $(long),$(wildcard t/*.bats))
# Those that take longest begin first, so that none of them is left at the end.
long	= $(patsubst %,t/%.bats,prt-service simnet states recall prt-os-probes \
	  service-nmap prt-connect resume)
# Those of packages and sources, which sanitizers change nothing of.
unchanged = $(patsubst %,t/%.bats,deb demo install layers lint)
# `make bench BENCH='ports types'` runs some scenarios only.
BENCH	?=
# `make perf PROFILE=prt-blast` looks at one program.
PROFILE	?=

# What makes a package, and looks at it.
pkg_deb	= dpkg-dev lintian
# Debian's packages: to build and run; and what the tests need on top of them.
pkg_run	= make gcc libc6-dev libpcap-dev libnet1-dev libc-ares-dev \
	  libidn2-dev libmnl-dev libseccomp-dev libpcre2-dev libexpat1-dev libsqlite3-dev libssl-dev \
	  libcap2-bin
pkg_check = clang libbpf-dev ethtool perl libcmocka-dev bats bats-support bats-assert bats-file \
	  iproute2 iputils-ping util-linux procps bsdextrautils nftables \
	  netcat-openbsd openssl socat python3 jq nmap ndiff libxml2-utils sqlite3 tcpdump tshark mandoc shellcheck \
	  git strace zsh liblwip-dev libslirp-dev passt $(pkg_deb)
# What the demonstration is made of.
pkg_demo = iproute2 nftables jq openssl python3 procps util-linux
# And what lint, fuzz, cover and bench add.
pkg_devel = libclang-rt-14-dev llvm clang-format cppcheck lcov masscan \
	  zmap linux-perf valgrind
# The servers that accuracy names, and what starts them.
pkg_accuracy = openssl openssh-client stunnel4 \
	  $(shell awk -F'\t' '/^[0-9]/ { print $$2 }' bench/servers | sort -u)

warn	= -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes \
	  -Wmissing-prototypes -Wvla -Wwrite-strings -Wcast-qual -Wpointer-arith
# `make WERROR=-Werror` turns warnings into errors, as CI does.
WERROR	?=

# A flag counts when the compiler takes it without a word; $(2) goes with it
# for the trial only.
, := ,
probe	= $(shell printf 'int main(void){return 0;}' | $(CC) $(2) $(1) \
	  -Werror -x c - -o /dev/null 2>/dev/null && echo '$(1)')
# `make V=1` shows the commands.
ifdef V
quiet	=
else
quiet	= @$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,echo '  $(1)	$(2)';)
endif

# Sanitizers replace the hardening; the targets that compile nothing here need
# no compiler.
bare	= help clean fmt lint layers deps deps-run deps-check run check asan \
	  cover bench perf massif strace soak fuzz demo deb dist uninstall
ifneq ($(or $(filter-out $(bare),$(MAKECMDGOALS)),$(if $(MAKECMDGOALS),,all)),)
ifndef SANITIZE
harden	:= $(call probe,-fstack-protector-strong) \
	   $(call probe,-fstack-clash-protection) \
	   $(call probe,-fcf-protection) $(call probe,-fPIE)
ifeq ($(findstring _FORTIFY_SOURCE,$(CFLAGS) $(CPPFLAGS)),)
ifneq ($(filter -O1 -O2 -O3 -Os,$(CFLAGS)),)
harden	+= $(call probe,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3,-O2)
endif
endif
hardenld := $(call probe,-pie,-fPIE) $(call probe,-Wl$(,)-z$(,)relro) \
	   $(call probe,-Wl$(,)-z$(,)now)
endif
endif

ifdef SANITIZE
san	= -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	  -fno-omit-frame-pointer
endif

# The sender that makes its frames in the kernel: where clang and libbpf are.
multiarch := $(shell $(CC) -print-multiarch 2>/dev/null)
bpfcc	= $(CLANG) -target bpf -O2 -g -ffreestanding -Wall -Wextra \
	  $(if $(multiarch),-I/usr/include/$(multiarch)) -iquote lib
ifneq ($(call probe,-lbpf,-include bpf/libbpf.h -lelf -lz),)
ifeq ($(shell printf '\043include <bpf/bpf_helpers.h>' | $(bpfcc) \
	  -include linux/bpf.h -x c -c -o /dev/null - 2>&1),)
live	= $(BUILD)/live.bpf.o
endif
endif

# What few runs need is loaded when it is wanted (lib/world/late.h).
soname	= $(or $(shell readelf -d "$$($(CC) -print-file-name=lib$(1).so)" \
	  2>/dev/null | sed -n 's/.*(SONAME).*\[\(.*\)\].*/\1/p'),lib$(1).so)
late	:= -DPRT_LIBPCAP='"$(call soname,pcap)"' \
	   -DPRT_LIBCARES='"$(call soname,cares)"' \
	   -DPRT_LIBIDN2='"$(call soname,idn2)"' \
	   -DPRT_LIBSQLITE3='"$(call soname,sqlite3)"' \
	   $(if $(live),-DPRT_LIBBPF='"$(call soname,bpf)"')

cpp	= -iquote lib -D_GNU_SOURCE -DPRT_VERSION='"$(VERSION)"' \
	  -DPRT_DATADIR='"$(DATADIR)"' $(late) \
	  $(if $(live),-DPRT_LIVE='"$(live)"') $(CPPFLAGS)
# What the project needs comes first: the user's CFLAGS have the last word.
cc	= $(CC) -std=c17 -fno-math-errno $(warn) $(WERROR) $(harden) $(san) $(cpp) $(CFLAGS)
libs	= -Wl,--as-needed -lnet -lmnl -lseccomp -lpcre2-8 -lexpat -lssl -lcrypto \
	  -lpthread -ldl -lm
link	= $(CC) $(CFLAGS) $(san) $(hardenld) $(LDFLAGS)

progs	:= $(notdir $(wildcard cmd/prt*))
bins	:= $(progs:%=$(BUILD)/bin/%)
libsrc	:= $(filter-out %.bpf.c,$(wildcard lib/*/*.c))
libobj	:= $(libsrc:%.c=$(BUILD)/obj/%.o)
cmdsrc	:= $(wildcard cmd/*/*.c)
units	:= $(patsubst t/unit/%.c,$(BUILD)/t/%,$(wildcard t/unit/*.c))
helpers	:= $(patsubst t/lib/%.c,$(BUILD)/t/lib/%,$(wildcard t/lib/*.c))
# Hosts with an IP stack of their own, where its library is (t/lib/oslab.bash).
oslab	:= $(if $(wildcard /usr/include/lwip/netif/tapif.h),$(BUILD)/t/oslab/lwip) \
	   $(if $(wildcard /usr/include/slirp/libslirp.h),$(BUILD)/t/oslab/slirp)
simnet	:= $(BUILD)/t/simnet
simobj	:= $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard t/simnet/*.c))
fuzzers	:= $(patsubst t/fuzz/%.c,$(BUILD)/bin/%,$(wildcard t/fuzz/*.c))
benches	:= $(patsubst bench/%.c,$(BUILD)/bench/%,$(filter-out %.bpf.c, \
	   $(wildcard bench/*.c)))
mans	:= $(wildcard man/*.[1-9])
data	:= $(shell find share -type f 2>/dev/null)

all: $(bins) $(BUILD)/libprt.a ## build the programs, in build/bin/

# Holds the commands, so that other flags mean another build.
$(BUILD)/flags: export FLAGS = $(cc) ; $(link) $(libs)
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" >$@

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,cc,$<)$(cc) -MMD -MP -c -o $@ $<

ifdef live
$(live): lib/world/live.bpf.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,bpf,$<)$(bpfcc) -MMD -MP -c -o $@ $<

$(BUILD)/obj/lib/world/tx_live.o: $(live)
-include $(live:.o=.d)

sink	= $(BUILD)/bench/drop.bpf.o
$(sink): bench/drop.bpf.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,bpf,$<)$(bpfcc) -c -o $@ $<
endif

$(BUILD)/libprt.a: $(libobj)
	@rm -f $@
	$(call quiet,ar,$@)$(AR) rcs $@ $(libobj)

define prog_rule
$$(BUILD)/bin/$(1): $$(patsubst %.c,$$(BUILD)/obj/%.o,$$(wildcard cmd/$(1)/*.c)) $$(BUILD)/libprt.a
	@mkdir -p $$(@D)
	$$(call quiet,link,$$@)$$(link) -o $$@ $$^ $$(libs)
endef
$(foreach p,$(progs),$(eval $(call prog_rule,$(p))))

$(BUILD)/t/%: $(BUILD)/obj/t/unit/%.o $(BUILD)/libprt.a
	@mkdir -p $(@D)
	$(call quiet,link,$@)$(link) -o $@ $^ -lcmocka $(libs)

# What the tests talk to: one program a file.
$(helpers): $(BUILD)/t/lib/%: $(BUILD)/obj/t/lib/%.o $(BUILD)/libprt.a
	@mkdir -p $(@D)
	$(call quiet,link,$@)$(link) -o $@ $^ $(libs)

# What is not ours is not instrumented, and has no warnings of ours.
$(oslab): $(BUILD)/t/oslab/%: t/oslab/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,cc,$<)$(CC) -std=gnu17 -D_GNU_SOURCE -O1 -g -Wall -Wextra \
	    -isystem /usr/include/lwip -o $@ $< -l$* -lpthread

# The internet that they scan (t/simnet/README.md).
$(simnet): $(simobj) $(BUILD)/libprt.a
	@mkdir -p $(@D)
	$(call quiet,link,$@)$(link) -o $@ $^ $(libs)

$(benches): $(BUILD)/bench/%: $(BUILD)/obj/bench/%.o $(BUILD)/libprt.a
	@mkdir -p $(@D)
	$(call quiet,link,$@)$(link) -o $@ $^ $(libs)

# Only `make fuzz` comes here, with clang and its sanitizers.
$(fuzzers): $(BUILD)/bin/%: $(BUILD)/obj/t/fuzz/%.o $(BUILD)/libprt.a
	@mkdir -p $(@D)
	$(call quiet,link,$@)$(link) -fsanitize=fuzzer -o $@ $^ $(libs)

-include $(libobj:.o=.d) $(patsubst %.c,$(BUILD)/obj/%.d,$(cmdsrc)) \
	$(patsubst %.c,$(BUILD)/obj/%.d,$(wildcard t/unit/*.c t/lib/*.c t/fuzz/*.c \
	    bench/*.c)) $(simobj:.o=.d)

# ---- tests ----

# Tests find the build through these; some cannot hold for instrumented code.
instrument = $(SANITIZE)
testenv	= BUILD='$(abspath $(BUILD))' SANITIZE='$(instrument)' \
	  PATH='$(abspath $(BUILD))/bin:$(abspath $(BUILD))/t/lib:$(PATH):$(sbin)'
# ip(8), nft(8) and setcap(8) are there, and not on everybody's PATH.
sbin	= /usr/sbin:/sbin

check: ## run all tests (installs the Debian packages they need)
	@.ci/deps $(pkg_run) $(pkg_check)
	@$(MAKE) --no-print-directory test

# The tests alone, with what is installed.
test: everything
	@$(testenv) prove --timer -j$(JOBS) -e t/tap \
	    $(if $(SANITIZE),$(filter-out $(unchanged),$(TESTS)),$(TESTS))

everything: all $(units) $(helpers) $(simnet) $(oslab) $(benches) $(sink)

unit: $(units)
	@$(testenv) prove -e t/tap $(units)

asan: ## run all tests with AddressSanitizer and UBSan
	@.ci/deps $(pkg_run) $(pkg_check)
	@$(MAKE) --no-print-directory BUILD='$(BUILD)/asan' \
	    SANITIZE=address,undefined CFLAGS='-O1 -g' test

fuzz: ## run every fuzzer, FUZZ_TIME seconds in all
	@.ci/deps $(pkg_run) $(pkg_devel)
	@$(MAKE) --no-print-directory BUILD='$(BUILD)/fuzz' CC='$(CLANG)' \
	    SANITIZE=address,undefined,fuzzer-no-link CFLAGS='-O1 -g' fuzzers
	@t/fuzz/run '$(BUILD)/fuzz' $(FUZZ_TIME) $(JOBS)

fuzzers: $(fuzzers)

cover: ## measure the tests' line coverage with lcov
	@.ci/deps $(pkg_run) $(pkg_check) $(pkg_devel)
	-@find '$(BUILD)/cover' -name '*.gcda' -delete 2>/dev/null
	@$(MAKE) --no-print-directory BUILD='$(BUILD)/cover' \
	    CFLAGS='-O0 -g --coverage -DPRT_COVERAGE' instrument=coverage test
	lcov -q --capture --directory '$(BUILD)/cover' --no-external \
	    --base-directory . --output-file '$(BUILD)/cover/all.info'
	lcov -q --remove '$(BUILD)/cover/all.info' '*/t/*' \
	    --output-file '$(BUILD)/cover/prt.info'
	genhtml -q --output-directory '$(BUILD)/cover/html' \
	    '$(BUILD)/cover/prt.info'
	lcov --list '$(BUILD)/cover/prt.info'

bench: ## measure speed and accuracy beside nmap, masscan and zmap
	@.ci/deps $(pkg_run) $(pkg_check) $(pkg_devel)
	@$(MAKE) --no-print-directory everything
	@$(testenv) bench/run $(BENCH)

accuracy: ## name Debian's servers and read their TLS, beside nmap (by root)
	@.ci/quiet .ci/deps $(pkg_run) $(pkg_check) $(pkg_accuracy)
	@$(MAKE) --no-print-directory everything
	@$(testenv) bench/accuracy.sh
	@$(testenv) bench/tls-accuracy.sh

soak: ## scan the simulated internet for SOAK seconds (1,800)
	@.ci/deps $(pkg_run) $(pkg_check) $(pkg_devel)
	@$(MAKE) --no-print-directory everything
	@$(testenv) bench/soak.sh

perf: ## show where the time of a scan goes, by perf(1)
massif: ## show where its memory goes, by valgrind(1)
strace: ## show where its system calls go, by strace(1)
perf massif strace:
	@.ci/deps $(pkg_run) $(pkg_check) $(pkg_devel)
	@$(MAKE) --no-print-directory all
	@$(testenv) bench/profile.sh $@ $(PROFILE)

layers: ## hold the includes against the layers
	t/lint/layers .

lint: ## check layers, style, scripts and man pages
	@.ci/deps $(pkg_run) $(pkg_check) $(pkg_devel)
	@$(MAKE) --no-print-directory all
	t/lint/layers .
	t/lint/style .
	t/lint/scripts .
	t/lint/man . '$(BUILD)/bin'
	cppcheck -q --error-exitcode=1 --std=c11 --library=posix \
	    --enable=warning,portability --inline-suppr \
	    --suppress=memleak --suppress=memleakOnRealloc -I lib \
	    -i lib/world/live.bpf.c lib cmd

# Only those: it would undo the tables and the aligned declarations.
fmt: ## format the lines that changed since the last commit
	git clang-format --extensions c,h HEAD

# ---- the rest ----

deps: ## install the Debian packages that all targets need
	@.ci/deps $(pkg_run) $(pkg_check) $(pkg_devel)

run: ## build, then scan this machine's 1,000 most usual TCP ports
	@.ci/deps $(pkg_run)
	@$(MAKE) --no-print-directory all
	@.ci/scan-here '$(BUILD)/bin'

demo: ## scan a dozen made-up hosts in network namespaces
	@.ci/deps $(pkg_run) $(pkg_demo)
	@$(MAKE) --no-print-directory all $(BUILD)/t/lib/services
	@BUILD='$(abspath $(BUILD))' .ci/demo '$(BUILD)/demo'

# The only programs that open raw sockets.
rawprogs = $(filter prt-blast prt-listen prt-os,$(progs))
rawcap	= cap_net_raw+ep

install: all ## install under PREFIX (default /usr/local), DESTDIR in front
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(BASHCOMPDIR) \
	    $(DESTDIR)$(ZSHCOMPDIR) $(DESTDIR)$(FISHCOMPDIR)
	install -m 755 $(bins) $(DESTDIR)$(BINDIR)
	set -e; for f in $(data); do \
	    if [ -x $$f ]; then m=755; else m=644; fi; \
	    install -D -m $$m $$f $(DESTDIR)$(DATADIR)/$${f#share/}; done
	set -e; for m in $(mans); do \
	    install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m#man/}; \
	    done
	set -e; for p in $(progs); do \
	    $(BUILD)/bin/$$p --completion bash >$(DESTDIR)$(BASHCOMPDIR)/$$p; \
	    $(BUILD)/bin/$$p --completion zsh >$(DESTDIR)$(ZSHCOMPDIR)/_$$p; \
	    $(BUILD)/bin/$$p --completion fish \
		>$(DESTDIR)$(FISHCOMPDIR)/$$p.fish; done
	@set -e; for p in $(if $(rawcap),$(rawprogs)); do f='$(DESTDIR)$(BINDIR)'/$$p; \
	    if [ "$$(id -u)" = 0 ] && \
		PATH="$$PATH:$(sbin)" setcap $(rawcap) "$$f"; then \
		echo "setcap $(rawcap) $$f"; \
	    else \
		echo "To let everybody scan: sudo setcap $(rawcap)" \
		    "$(BINDIR)/$$p"; \
	    fi; done

uninstall: ## remove what install put there
	rm -f $(progs:%=$(DESTDIR)$(BINDIR)/%) \
	    $(progs:%=$(DESTDIR)$(BASHCOMPDIR)/%) \
	    $(progs:%=$(DESTDIR)$(ZSHCOMPDIR)/_%) \
	    $(progs:%=$(DESTDIR)$(FISHCOMPDIR)/%.fish) \
	    $(foreach m,$(notdir $(mans)),$(DESTDIR)$(MANDIR)/man$(patsubst \
	    .%,%,$(suffix $(m)))/$(m))
	rm -rf $(DESTDIR)$(DATADIR)

dist: ## make build/prt-VERSION.tar.gz from the last commit
	@mkdir -p $(BUILD)
	git archive --prefix=prt-$(VERSION)/ \
	    -o $(BUILD)/prt-$(VERSION).tar.gz HEAD
	@echo $(BUILD)/prt-$(VERSION).tar.gz

# What a package is made of: installed for /usr, from a build of its own, unless
# DEB_BUILD names one that is there.
deb	= $(abspath $(BUILD))/deb
DEB_BUILD ?= $(deb)/build

deb: ## make build/deb/prt_VERSION_ARCH.deb, a Debian package
	@.ci/deps $(pkg_run) $(pkg_deb)
	@rm -rf '$(deb)/root'
	$(if $(filter $(deb)/%,$(DEB_BUILD)),@$(MAKE) --no-print-directory \
	    PREFIX=/usr BUILD='$(DEB_BUILD)' all)
	@$(MAKE) --no-print-directory -s -o all PREFIX=/usr BUILD='$(DEB_BUILD)' \
	    ZSHCOMPDIR=/usr/share/zsh/vendor-completions \
	    DESTDIR='$(deb)/root' rawcap= install
	@CC='$(CC)' LATE='-lpcap -lcares -lidn2 -lsqlite3 $(if $(live),-lbpf)' \
	    .ci/debian/build '$(deb)' $(VERSION) $(rawcap) $(rawprogs)

clean: ## remove build/
	rm -rf '$(BUILD)'

help: ## print this
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | \
	    expand -t 18
	@echo
	@echo 'Variables: PREFIX DESTDIR BUILD CC CFLAGS CPPFLAGS LDFLAGS' \
	    'WERROR SANITIZE FUZZ_TIME JOBS TESTS BENCH PROFILE V'

.PHONY: all everything check test unit asan fuzz fuzzers cover bench accuracy perf \
	massif strace soak layers lint fmt deps run demo install uninstall deb dist clean help force
.DELETE_ON_ERROR:
.SECONDARY:
