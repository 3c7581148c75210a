/* Writes the seeds of all targets: make fuzz-corpus. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include <hinge/hinge.h>

#include "tests/picture_files.h"

enum { PATH_LENGTH = 4096, SIDE = 6, FILE_SIZE = 1 << 16 };

static const char *root;

static const char *path_of(const char *target, const char *name)
{
    static char path[PATH_LENGTH];
    snprintf(path, sizeof path, "%s/%s", root, target);
    mkdir(path, S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH);
    snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    return path;
}

static void write_seed(const char *target, const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(path_of(target, name), "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        exit(EXIT_FAILURE);
}

static void write_pictures(void)
{
    static picture_bytes made;
    static const unsigned char palette[] = { 9, 8, 7, 200, 100, 50 };
    static const char *const plain[] = { "P2 2 1 15\n3 # x\n4\n", "P3 1 1 255 1 2 3", "P5 2 1 65535\nabcd" };
    unsigned char pixels[SIDE * SIDE * 4];
    char name[32];
    for (int channels = 1; channels <= 4; channels++) {
        picture_paint(pixels, SIDE, SIDE, channels);
        for (int ending = 0; ending < PICTURE_ENDINGS; ending++) {
            if ((ending != ENDS_PNG && channels != 3 && channels != 1) || (ending == ENDS_PGM && channels != 1) ||
                (ending == ENDS_PPM && channels != 3))
                continue;
            picture_make(&made, (picture_ending)ending, SIDE, SIDE, channels, pixels);
            snprintf(name, sizeof name, "seed-%d.%s", channels, picture_endings[ending]);
            write_seed("picture", name, made.bytes, made.size);
        }
    }
    picture_make(&made, ENDS_JPG, SIDE, SIDE, 1, pixels);
    picture_add_orientation(&made, 6, true);
    write_seed("picture", "seed-turned.jpg", made.bytes, made.size);
    picture_make_png(&made, (png_header){ 2, 1, 1, 3, 0 }, palette, sizeof palette, "\0\x40", 2);
    write_seed("picture", "seed-palette.png", made.bytes, made.size);
    picture_make_png(&made, (png_header){ 2, 1, 16, 0, 0 }, NULL, 0, "\0abcd", 5);
    write_seed("picture", "seed-16.png", made.bytes, made.size);
    picture_make_png(&made, (png_header){ 1, 2, 8, 0, 1 }, NULL, 0, "\0a\0b", 4);
    write_seed("picture", "seed-interlaced.png", made.bytes, made.size);
    for (size_t i = 0; i < HG_COUNT(plain); i++) {
        snprintf(name, sizeof name, "seed-%zu.pnm", i);
        write_seed("picture", name, plain[i], strlen(plain[i]));
    }
}

static void write_network(const char *name, const hg_layer *layers, size_t count)
{
    hg_error error;
    hg_network *network = hg_network_create(layers, count, &error);
    if (!network || hg_network_set_note(network, "classes", "[\"a\",\"b\"]", &error) ||
        hg_network_save(network, path_of("model", name), &error)) {
        fprintf(stderr, "%s\n", error.message);
        exit(EXIT_FAILURE);
    }
    hg_network_destroy(network);
}

/* The layers of a model file are the seeds of the target json, too. */
static void write_layers(const char *name)
{
    static char bytes[FILE_SIZE];
    FILE *file = fopen(path_of("model", name), "rb");
    if (!file)
        exit(EXIT_FAILURE);
    bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
    fclose(file);
    char *begin = strstr(bytes + 8, "\"hinge.layers\":\""), *end = begin ? strstr(begin, "]\"") : NULL;
    if (!end)
        exit(EXIT_FAILURE);
    begin += strlen("\"hinge.layers\":\"");
    size_t length = 0;
    for (char *c = begin; c <= end; c++)
        if (*c != '\\')
            bytes[length++] = *c;
    write_seed("json", name, bytes, length);
}

static void write_models(void)
{
    const hg_layer plain[] = { hg_image_input(2, 2), hg_fully_connected(2), hg_softmax(), hg_classification() };
    const hg_layer convolution[] = {
        hg_image_input(6, 6, .normalization = HG_ZSCORE),
        hg_conv2d(3, 2, .same = true),
        hg_threshold_relu(.form = HG_CEILING),
        hg_max_pool2d(2),
        hg_dropout(0.25),
        hg_fully_connected(2, .no_bias = true),
        hg_softmax(),
        hg_classification(),
    };
    const hg_layer branches[] = {
        hg_image_input(2, 2, 1, HG_NO_NORMALIZATION),
        hg_conv2d(1, 1, .name = "a"),
        hg_conv2d(1, 1, .name = "b", .inputs = { "image_input_1" }),
        hg_concat(.inputs = { "a", "b" }),
        hg_leaky_relu(0.3),
        hg_fully_connected(2),
        hg_softmax(),
        hg_classification(),
    };
    write_network("seed-plain", plain, HG_COUNT(plain));
    write_network("seed-convolution", convolution, HG_COUNT(convolution));
    write_network("seed-branches", branches, HG_COUNT(branches));
    write_layers("seed-plain");
    write_layers("seed-convolution");
    write_layers("seed-branches");
}

static void write_idx(void)
{
    static const unsigned char images[] = { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4 };
    static const unsigned char labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 7, 9 };
    write_seed("idx", "seed-images", images, sizeof images);
    write_seed("idx", "seed-labels", labels, sizeof labels);
    gzFile packed = gzopen(path_of("idx", "seed-images.gz"), "wb");
    if (!packed || gzwrite(packed, images, sizeof images) != sizeof images || gzclose(packed) != Z_OK)
        exit(EXIT_FAILURE);
}

/* An array of zeros; what stands in the header. */
static void write_npy(const char *name, int major, const char *header, size_t data_size)
{
    static unsigned char bytes[FILE_SIZE];
    const size_t length = strlen(header), width = major == 1 ? 2 : 4;
    size_t end = (size_t)snprintf((char *)bytes, sizeof bytes, "\x93NUMPY%c", major) + 1;
    for (size_t i = 0; i < width; i++)
        bytes[end++] = (unsigned char)(length >> (8 * i));
    memcpy(bytes + end, header, length);
    memset(bytes + end + length, 0, data_size);
    write_seed("npy", name, bytes, end + length + data_size);
}

static void write_arrays(void)
{
    write_npy("seed-f4", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n", 24);
    write_npy("seed-fortran", 2, "{'descr': '>f8', 'fortran_order': True, 'shape': (2, 1, 2), }\n", 32);
    write_npy("seed-u1", 3, "{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }\n", 5);
    write_npy("seed-f2", 1, "{'descr': '<f2', 'fortran_order': False, 'shape': (), }\n", 2);
    write_npy("seed-i8", 1, "{'shape': (1L,), 'fortran_order': False, \"descr\": \"<i8\"}", 8);
}

int main(int argc, char **argv)
{
    root = argc > 1 ? argv[1] : "tests/fuzz/corpus";
    mkdir(root, S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH);
    write_pictures();
    write_models();
    write_idx();
    write_arrays();
    return EXIT_SUCCESS;
}
