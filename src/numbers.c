/* See numbers.h. */
#include <math.h>
#include <string.h>

#include "src/numbers.h"

enum { CHUNK = 2048 /* numbers written at a time */ };

uint64_t numbers_load(const unsigned char *bytes, size_t size)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits |= (uint64_t)bytes[i] << (NUMBERS_BITS * i);
    return bits;
}

void numbers_store(unsigned char *bytes, size_t size, uint64_t bits)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(bits >> (NUMBERS_BITS * i));
}

double numbers_f64(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double numbers_f32(uint64_t bits)
{
    const uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return (double)value;
}

double numbers_bf16(uint64_t bits)
{
    return numbers_f32(bits << 16);
}

/* A sign, five bits of exponent and ten of fraction. */
double numbers_f16(uint64_t bits)
{
    const int exponent = (int)(bits >> 10) & 31, fraction = (int)bits & 1023;
    double value;
    if (exponent == 31)
        value = fraction ? (double)NAN : (double)INFINITY;
    else
        value = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return bits >> 15 ? -value : value;
}

static void store_real(unsigned char *bytes, hg_real value)
{
#ifdef HINGE_DOUBLE
    uint64_t bits;
#else
    uint32_t bits;
#endif
    memcpy(&bits, &value, sizeof bits);
    numbers_store(bytes, sizeof bits, bits);
}

hg_status numbers_append(write_file *file, const hg_real *values, size_t count, hg_error *error)
{
    unsigned char bytes[CHUNK * sizeof(hg_real)];
    hg_status status = HG_OK;
    for (size_t first = 0; first < count && !status; first += CHUNK) {
        const size_t rest = count - first, here = rest < CHUNK ? rest : CHUNK;
        for (size_t i = 0; i < here; i++)
            store_real(bytes + i * sizeof(hg_real), values[first + i]);
        status = write_file_append(file, bytes, here * sizeof(hg_real), error);
    }
    return status;
}
