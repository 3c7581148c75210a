# make            the library and the examples
# make run        trains the document's network with examples/mnist
# make test       builds and runs all tests
# make bench      speed beside PyTorch's and oneDNN's, if they are installed
#      bench-growth, bench-products: see bench/README.md
# make deps       installs what is missing; goes in front: make deps run
# make sanitize   the tests under AddressSanitizer and UBSan
# make fuzz       each fuzz target for FUZZ_SECONDS=60, with clang's libFuzzer
# make ONNX=      leaves ONNX out, which is built if its packages are installed: see README.md
# make install    for all users; PREFIX=/usr/local and DESTDIR= say where. make uninstall
# make docs       the public functions as HTML, with Doxygen
# make format     formats every C file; make check-format only looks
# make clean
# V=1 shows the commands.

ifeq ($(origin CC),default)
CC = gcc
endif
OPTIMIZE ?= -O3
BUILD ?= build
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wno-psabi
Q = $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)  $@")
# For ONNX, if they are there: protobuf-c and the format's description. make ONNX= leaves it out.
ONNX_PROTO ?= /usr/include/onnx/onnx.proto
ONNX = $(eval ONNX := $(shell command -v protoc-c >/dev/null && pkg-config --exists libprotobuf-c && \
                              [ -f '$(ONNX_PROTO)' ] && echo libprotobuf-c))$(ONNX)
PACKAGES = openblas zlib libcjson $(ONNX)
# Asked when first needed: `make deps all` installs pkg-config on the way.
PACKAGE_FLAGS = $(eval PACKAGE_FLAGS := $(shell pkg-config --cflags $(PACKAGES)))$(PACKAGE_FLAGS)
LIBRARIES = $(eval LIBRARIES := $(shell pkg-config --libs $(PACKAGES)) -lm)$(LIBRARIES)

override CFLAGS += -std=gnu11 $(OPTIMIZE) -g -pthread -ffp-contract=fast -fno-math-errno -fvisibility=hidden -fPIC $(WARNINGS) $(PACKAGE_FLAGS)
override CPPFLAGS += -Iinclude -MMD -MP

# The arithmetic is built once for each level of instructions; the library picks at run time.
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
ifeq ($(MACHINE),x86_64)
LEVELS = sse2 avx2 avx512
else
LEVELS = generic
endif
FLAGS_avx2 = -mavx2 -mfma
FLAGS_avx512 = -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mprefer-vector-width=512

LAYERS := $(basename $(notdir $(wildcard layers/*.c)))
OPTIMIZERS := $(basename $(notdir $(wildcard optim/*.c)))
KERNELS := $(wildcard layers/*.c optim/*.c) src/kernels.c
PLAIN := $(filter-out $(KERNELS),$(wildcard src/*.c datasets/*.c)) $(BUILD)/table.c $(BUILD)/onnx.pb-c.c
# Programs of several files, examples/NAME*.c; each other example is one file.
PROGRAMS := mnist classify dying_relu
EXAMPLES := $(PROGRAMS:%=examples/%) $(filter-out $(PROGRAMS:%=examples/%%),$(basename $(wildcard examples/*.c)))

# objects of a build folder: $(call objects,build)
objects = $(patsubst %.c,$(1)/%.o,$(patsubst $(BUILD)/%,%,$(PLAIN))) \
          $(foreach level,$(LEVELS),$(patsubst %.c,$(1)/$(level)/%.o,$(KERNELS)))

all: $(EXAMPLES)

include packaging/install.mk
all: $(INSTALLED)

# ---- the library, twice: in float, and in double for the gradient checks ----
$(BUILD)/libhinge.a: $(call objects,$(BUILD))
$(BUILD)/double/libhinge.a: $(call objects,$(BUILD)/double)
$(BUILD)/double/%: override CPPFLAGS += -DHINGE_DOUBLE
%.a:
	@mkdir -p $(@D)
	$(call say,AR)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

# Which layers and optimizers there are is the listing of their folders.
$(BUILD)/table.c: $(wildcard layers/*.c optim/*.c) Makefile
	@mkdir -p $(@D)
	$(Q){ echo '/* Made by make from the listing of layers and optim. */'; \
	  echo '#include "src/simd.h"'; \
	  for level in $(LEVELS); do \
	    if [ $$level = $(firstword $(LEVELS)) ]; then suffix=; else suffix=_$$level; fi; \
	    for layer in $(LAYERS); do echo "extern const hg_layer_type hg_$${layer}_type$$suffix;"; done; \
	    for optimizer in $(OPTIMIZERS); do echo "extern const hg_optimizer_type hg_$${optimizer}_type$$suffix;"; done; \
	    echo "extern const kernels level_kernels$$suffix;"; \
	    echo "static const hg_layer_type *const layers_$$level[] = {"; \
	    for layer in $(LAYERS); do echo "    &hg_$${layer}_type$$suffix,"; done; echo '    NULL };'; \
	    echo "static const hg_optimizer_type *const optimizers_$$level[] = {"; \
	    for optimizer in $(OPTIMIZERS); do echo "    &hg_$${optimizer}_type$$suffix,"; done; echo '    NULL };'; \
	  done; \
	  echo 'const simd_level simd_levels[] = {'; \
	  for level in $(LEVELS); do \
	    if [ $$level = $(firstword $(LEVELS)) ]; then suffix=; else suffix=_$$level; fi; \
	    echo "    { \"$$level\", layers_$$level, optimizers_$$level, &level_kernels$$suffix },"; \
	  done; \
	  echo '};'; \
	  echo 'const size_t simd_level_count = sizeof simd_levels / sizeof simd_levels[0];'; } > $@

# ONNX's messages in C, with names of our own; without the packages, nothing.
$(BUILD)/onnx.packages: always
	@mkdir -p $(@D)
	@echo '$(ONNX)' | cmp -s - $@ || echo '$(ONNX)' >$@
$(BUILD)/onnx.pb-c.c: $(BUILD)/onnx.packages
	$(if $(ONNX),$(call say,PROTO))
	$(Q)$(if $(ONNX),sed 's/^package .*/package hinge_onnx;/' '$(ONNX_PROTO)' >$(@D)/onnx.proto && \
	  protoc-c --proto_path=$(@D) --c_out=$(@D) onnx.proto,rm -f $(@D)/onnx.pb-c.h && : >$@)
ONNX_OBJECTS = $(patsubst %.c,$(1)/%.o,$(wildcard src/export_onnx*.c tests/test_export_onnx*.c))
$(foreach folder,$(BUILD) $(BUILD)/double,$(call ONNX_OBJECTS,$(folder))): override CPPFLAGS += $(if $(ONNX),-DHINGE_ONNX -I$(BUILD))
$(foreach folder,$(BUILD) $(BUILD)/double,$(call ONNX_OBJECTS,$(folder))): $(BUILD)/onnx.pb-c.c

# compile: $(call level rule,folder,level)
define level_rule
$(1)/$(2)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(CC) $$(CPPFLAGS) -I. $(if $(filter-out $(firstword $(LEVELS)),$(2)),-DHINGE_LEVEL=$(2)) $$(CFLAGS) $$(FLAGS_$(2)) -c $$< -o $$@
endef
$(foreach folder,$(BUILD) $(BUILD)/double,$(foreach level,$(LEVELS),$(eval $(call level_rule,$(folder),$(level)))))

define plain_rule
$(1)/table.o: $(BUILD)/table.c
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(CC) $$(CPPFLAGS) -I. $$(CFLAGS) -c $$< -o $$@
$(1)/onnx.pb-c.o: $(BUILD)/onnx.pb-c.c
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(CC) $$(CPPFLAGS) $$(CFLAGS) -w -c $$< -o $$@
$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(CC) $$(CPPFLAGS) -I. $$(CFLAGS) -c $$< -o $$@
endef
$(foreach folder,$(BUILD) $(BUILD)/double,$(eval $(call plain_rule,$(folder))))

# ---- examples ----
$(BUILD)/mnist: $(patsubst %.c,$(BUILD)/%.o,$(wildcard examples/mnist*.c))
$(BUILD)/classify: $(patsubst %.c,$(BUILD)/%.o,$(wildcard examples/classify*.c) $(addprefix examples/mnist_,dead_units.c json.c text.c))
$(BUILD)/dying_relu: $(patsubst %.c,$(BUILD)/%.o,$(wildcard examples/dying_relu*.c) \
                       $(addprefix examples/mnist_,data.c download.c png.c process.c text.c value.c))
$(EXAMPLES:examples/%=$(BUILD)/%): $(BUILD)/%: $(BUILD)/examples/%.o $(BUILD)/libhinge.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(filter %.o,$^) $(filter %.a,$^) $(LIBRARIES) -o $@
$(EXAMPLES): examples/%: $(BUILD)/%
	$(Q)cp $< $@

run: examples/mnist
	examples/mnist

# ---- tests: test_*.c on the library, double_*.c on the one built in double ----
TESTS := $(sort $(basename $(notdir $(wildcard tests/test_*.c))))
DOUBLE_TESTS := $(sort $(basename $(notdir $(wildcard tests/double_*.c))))
TEST_SUPPORT := $(filter-out tests/test_%.c tests/double_%.c,$(wildcard tests/*.c))
CHECK_LIBRARIES = $(shell pkg-config --libs check)
# objects: $(call test objects,folder,names)
test_objects = $(patsubst %.c,$(1)/%.o,$(TEST_SUPPORT) $(patsubst %,tests/%.c,$(2))) $(1)/suites.o

$(BUILD)/suites.c $(BUILD)/double/suites.c: $(wildcard tests/*.c) Makefile
	@mkdir -p $(@D)
	$(Q){ echo '/* Made by make from the listing of tests. */'; echo '#include "tests/suites.h"'; \
	  for suite in $(SUITES); do echo "Suite *$${suite}_suite(void);"; done; \
	  echo 'const suite_row suites[] = {'; \
	  for suite in $(SUITES); do echo "    { \"$$suite\", $${suite}_suite },"; done; \
	  echo '};'; echo 'const size_t suite_count = sizeof suites / sizeof suites[0];'; } > $@
$(BUILD)/suites.c: SUITES = $(patsubst test_%,%,$(TESTS))
$(BUILD)/double/suites.c: SUITES = $(DOUBLE_TESTS)
$(BUILD)/suites.o $(BUILD)/double/suites.o: %.o: %.c
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) -I. $(CFLAGS) -c $< -o $@

# stb's JPEG writer shifts bits out of an int.
$(BUILD)/tests/picture_files.o: override CFLAGS += -fno-sanitize=undefined

$(BUILD)/test: $(call test_objects,$(BUILD),$(TESTS)) \
               $(addprefix $(BUILD)/examples/dying_relu_,cases.o runs.o statistics.o summary.o) $(BUILD)/examples/mnist_network.o $(BUILD)/examples/mnist_history.o $(BUILD)/libhinge.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $^ $(CHECK_LIBRARIES) $(LIBRARIES) -o $@
$(BUILD)/double/test: $(call test_objects,$(BUILD)/double,$(DOUBLE_TESTS)) $(BUILD)/double/examples/mnist_network.o \
                      $(BUILD)/double/libhinge.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $^ $(CHECK_LIBRARIES) $(LIBRARIES) -o $@

tests: $(BUILD)/test $(BUILD)/double/test $(EXAMPLES:examples/%=$(BUILD)/%) $(INSTALLED)

test: tests
	$(Q)CC='$(CC)' SNIPPET_FLAGS='$(filter -fsanitize=%,$(OPTIMIZE))' tests/run $(BUILD)

# The same tests with another build folder and flags.
SANITIZE_FLAGS = -O2 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
sanitize:
	$(MAKE) BUILD=build/sanitize OPTIMIZE='$(SANITIZE_FLAGS)' test

# ---- fuzzing: tests/fuzz/fuzz_*.c ----
# make test runs every target over its corpus; make fuzz looks for more.
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS = $(FUZZ_TARGETS:%=$(BUILD)/replay-%)
FUZZ_SECONDS ?= 60
FUZZ_FLAGS = -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_LIMITS = -rss_limit_mb=2048 -malloc_limit_mb=1024 -timeout=20 -max_len=4096

$(BUILD)/replay-%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/file.o $(BUILD)/tests/fuzz/replay.o $(BUILD)/libhinge.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $^ $(LIBRARIES) -o $@
$(BUILD)/fuzz-%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/file.o $(BUILD)/libhinge.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $^ $(LIBRARIES) -o $@
tests: $(REPLAYS)

fuzz-programs: $(FUZZ_TARGETS:%=$(BUILD)/fuzz-%)
fuzz:
	$(MAKE) CC=clang BUILD=build/fuzz LEVELS=$(firstword $(LEVELS)) OPTIMIZE='$(FUZZ_FLAGS) -fsanitize=fuzzer-no-link' fuzz-programs
	$(Q)for target in $(FUZZ_TARGETS); do mkdir -p build/fuzz/corpus/$$target; \
	  build/fuzz/fuzz-$$target $(FUZZ_LIMITS) -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=build/fuzz/$$target- \
	    build/fuzz/corpus/$$target tests/fuzz/corpus/$$target || exit 1; done

# Writes the seeds again; finds stay.
$(BUILD)/make-corpus: $(BUILD)/tests/fuzz/make_corpus.o $(BUILD)/tests/picture_files.o $(BUILD)/libhinge.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $^ $(CHECK_LIBRARIES) $(LIBRARIES) -o $@
fuzz-corpus: $(BUILD)/make-corpus
	$(Q)$(BUILD)/make-corpus tests/fuzz/corpus
.PHONY: fuzz fuzz-programs fuzz-corpus

# ---- speed ----
$(BUILD)/side-by-side: $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/*.c) examples/mnist_network.c) $(BUILD)/libhinge.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $^ $(LIBRARIES) -o $@

# oneDNN's side is a program of its own, if the compiler finds a oneDNN that it can use.
ifneq ($(filter bench,$(MAKECMDGOALS)),)
ONEDNN := $(shell $(CC) -fsyntax-only -x c bench/onednn/program.h 2>/dev/null && echo $(BUILD)/onednn)
endif
$(BUILD)/onednn: $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/onednn/*.c))
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $^ -ldnnl -lm -o $@

# BENCH='--rounds 1 --seconds 0.1 --only lenet5' and the like go to the program.
bench: $(BUILD)/side-by-side $(BUILD)/mnist $(ONEDNN)
	$(Q)$(BUILD)/side-by-side --build $(BUILD) $(BENCH)

bench-growth: $(BUILD)/side-by-side
	$(Q)$(BUILD)/side-by-side growth $(BENCH)

# The layers' products beside OpenBLAS's.
$(BUILD)/products: $(BUILD)/bench/products/main.o $(BUILD)/libhinge.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $^ $(LIBRARIES) -o $@
bench-products: $(BUILD)/products
	$(Q)$(BUILD)/products
.PHONY: bench-growth bench-products

# ---- the house ----
C_FILES = $(shell git ls-files '*.c' '*.h' 2>/dev/null || find . -name '*.[ch]')
format:
	clang-format -i $(C_FILES)
check-format:
	clang-format --dry-run --Werror $(C_FILES)

# The headers as HTML; a public function without a text is an error.
docs:
	@command -v doxygen >/dev/null || { echo "make docs needs Doxygen: apt-get install doxygen" >&2; exit 1; }
	$(Q)missing=$$(tools/doxygen-filter -v missing=1 include/hinge/*.h); [ -z "$$missing" ] || { echo "$$missing" >&2; exit 1; }
	@mkdir -p $(BUILD)/docs
	$(Q){ cat docs/Doxyfile; echo OUTPUT_DIRECTORY=$(BUILD)/docs; echo PROJECT_NUMBER=$(VERSION); } | doxygen -
	@echo "  DOC  $(BUILD)/docs/html/index.html"

DEBIAN_PACKAGES = libopenblas-dev libstb-dev check zlib1g-dev libcjson-dev pkg-config curl
deps:
	@tools/deps $(DEBIAN_PACKAGES)

clean:
	rm -rf build $(EXAMPLES)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# Nothing is compiled before `deps` is done.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

.PHONY: all run tests test bench sanitize docs format check-format deps clean always
.SECONDARY:
.DELETE_ON_ERROR:
