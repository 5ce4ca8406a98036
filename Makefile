# prt: `make help` lists the targets.

VERSION	= 0.1.0

PREFIX	?= /usr/local
BINDIR	?= $(PREFIX)/bin
DATADIR	?= $(PREFIX)/share/prt
MANDIR	?= $(PREFIX)/share/man
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d

BUILD	?= build
CFLAGS	?= -O2 -g

warn	= -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes \
	  -Wmissing-prototypes -Wvla -Wwrite-strings -Wcast-qual -Wpointer-arith
# CI and `make check WERROR=-Werror` turn warnings into errors.
WERROR	?=

# A flag counts when the compiler takes it without a word.
probe	= $(shell printf 'int main(void){return 0;}' | \
	  $(CC) $(1) -Werror -x c - -o /dev/null 2>/dev/null && echo '$(1)')
ifeq ($(filter clean help deps fmt,$(MAKECMDGOALS)),)
ifndef SANITIZE
harden	:= $(call probe,-fstack-protector-strong) \
	   $(call probe,-fstack-clash-protection) \
	   $(call probe,-fcf-protection) $(call probe,-fPIE)
ifeq ($(findstring _FORTIFY_SOURCE,$(CFLAGS) $(CPPFLAGS)),)
ifneq ($(filter -O1 -O2 -O3 -Os,$(CFLAGS)),)
harden	+= $(call probe,-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif
endif
hardenld := $(call probe,-pie) $(call probe,-Wl$(,)-z$(,)relro) \
	   $(call probe,-Wl$(,)-z$(,)now)
endif
endif
, := ,

ifdef SANITIZE
san	= -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	  -fno-omit-frame-pointer
endif

cpp	= -iquote lib -D_GNU_SOURCE -DPRT_VERSION='"$(VERSION)"' \
	  -DPRT_DATADIR='"$(DATADIR)"' $(CPPFLAGS)
# What the project needs comes first: the user's CFLAGS have the last word.
cc	= $(CC) -std=c17 $(warn) $(WERROR) $(harden) $(san) $(cpp) $(CFLAGS)
libs	= -Wl,--as-needed -lpcap -lnet -lcares -lmnl -lcap-ng -lpthread -lm
link	= $(CC) $(CFLAGS) $(san) $(hardenld) $(LDFLAGS)

progs	:= $(notdir $(wildcard cmd/prt*))
bins	:= $(progs:%=$(BUILD)/bin/%)
libsrc	:= $(wildcard lib/*/*.c)
libobj	:= $(libsrc:%.c=$(BUILD)/obj/%.o)
cmdsrc	:= $(wildcard cmd/*/*.c)
units	:= $(patsubst t/unit/%.c,$(BUILD)/t/%,$(wildcard t/unit/*.c))

all: $(bins)

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(cc) -MMD -MP -c -o $@ $<

$(BUILD)/libprt.a: $(libobj)
	rm -f $@
	$(AR) rcs $@ $(libobj)

define prog_rule
$$(BUILD)/bin/$(1): $$(patsubst %.c,$$(BUILD)/obj/%.o,$$(wildcard cmd/$(1)/*.c)) $$(BUILD)/libprt.a
	@mkdir -p $$(@D)
	$$(link) -o $$@ $$^ $$(libs)
endef
$(foreach p,$(progs),$(eval $(call prog_rule,$(p))))

$(BUILD)/t/%: $(BUILD)/obj/t/unit/%.o $(BUILD)/libprt.a
	@mkdir -p $(@D)
	$(link) -o $@ $^ -lcmocka $(libs)

-include $(libobj:.o=.d) $(patsubst %.c,$(BUILD)/obj/%.d,$(cmdsrc)) \
	$(patsubst $(BUILD)/t/%,$(BUILD)/obj/t/unit/%.d,$(units))

unit: $(units)
	CMOCKA_MESSAGE_OUTPUT=TAP prove -e '' $(units)

clean:
	rm -rf build

.PHONY: all unit clean
.DELETE_ON_ERROR:
.SECONDARY:
