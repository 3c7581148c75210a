# make install, make uninstall. PREFIX=/usr/local says where; DESTDIR=/tmp/package puts a folder in front
# of everything, for those who make packages; BINDIR, LIBDIR, INCLUDEDIR and DATADIR move single parts.
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share

# One place: include/hinge/version.h.
version_part = $(shell sed -n 's/^\#define HG_VERSION_$(1) //p' include/hinge/version.h)
VERSION := $(call version_part,MAJOR).$(call version_part,MINOR).$(call version_part,PATCH)
SONAME = libhinge.so.$(firstword $(subst ., ,$(VERSION)))

# A program with a manual page is installed, as hinge-NAME: its own name may be anybody's.
PROGRAMS := $(patsubst packaging/hinge-%.1.in,%,$(wildcard packaging/hinge-*.1.in))
COMPLETED = bash zsh fish
PAGES = $(foreach program,$(PROGRAMS),$(patsubst %,$(BUILD)/packaging/hinge-$(program).%,1 $(COMPLETED)))
INSTALLED = $(BUILD)/libhinge.a $(BUILD)/libhinge.so $(PROGRAMS:%=$(BUILD)/%) $(PAGES)

# Every name that the library uses must be found (the sanitizers' are the program's).
EVERY_NAME = $(if $(filter -fsanitize=%,$(OPTIMIZE)),,-Wl,-z,defs)
$(BUILD)/libhinge.so: $(call objects,$(BUILD))
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,$(SONAME) $(EVERY_NAME) -Wl,--as-needed $(LDFLAGS) $^ $(LIBRARIES) -o $@

# Manual pages and completions are written from the table of options that the program itself reads.
$(BUILD)/manual-mnist: $(BUILD)/packaging/manual.o $(patsubst %.c,$(BUILD)/%.o,$(wildcard examples/mnist_*.c)) \
                       $(BUILD)/libhinge.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $^ $(LIBRARIES) -o $@
$(BUILD)/packaging/hinge-%.1: $(BUILD)/manual-% packaging/hinge-%.1.in include/hinge/version.h
	$(call say,MAN)
	$(Q)$< man hinge-$* >$@.options
	$(Q)sed -e 's/@VERSION@/$(VERSION)/' -e '/^@OPTIONS@$$/ { r $@.options' -e 'd; }' packaging/hinge-$*.1.in >$@
define completion_rule
$(BUILD)/packaging/hinge-%.$(1): $(BUILD)/manual-%
	$$(call say,MAN)
	$$(Q)$$< $(1) hinge-$$* >$$@
endef
$(foreach shell,$(COMPLETED),$(eval $(call completion_rule,$(shell))))

POINTER_SIZE = $(shell echo __SIZEOF_POINTER__ | $(CC) $(filter -m%,$(CFLAGS)) -E -P -)
place = BUILD='$(BUILD)' VERSION='$(VERSION)' PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' BINDIR='$(BINDIR)' LIBDIR='$(LIBDIR)' \
        INCLUDEDIR='$(INCLUDEDIR)' DATADIR='$(DATADIR)' PROGRAMS='$(PROGRAMS)' ONNX='$(ONNX)' POINTER_SIZE='$(POINTER_SIZE)' tools/install
install: $(INSTALLED)
	@$(place) install
uninstall:
	@$(place) uninstall

.PHONY: install uninstall
