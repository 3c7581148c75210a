/* See clip.h. */
#include <math.h>

#include "src/clip.h"

static const double PYTORCH_EPSILON = 1e-6;

hg_status clip_check(double most, hg_error *error)
{
    return most >= 0 ? HG_OK
                     : hg_fail(error, HG_BAD_ARGUMENT,
                               "clip_norm %g: it must be above 0, or 0 for gradients as they are", most);
}

hg_status clip_create(clip *clip, double most, size_t chunks, hg_error *error)
{
    *clip = (struct clip){ .most = most, .chunks = chunks, .factor = 1 };
    if (most == 0)
        return HG_OK;
    clip->squares = hg_allocate(chunks, sizeof *clip->squares);
    return clip->squares ? HG_OK : hg_fail(error, HG_NO_MEMORY, "no memory for the norms of %zu pieces", chunks);
}

void clip_destroy(clip *clip)
{
    hg_release(clip->squares);
    *clip = (struct clip){ 0 };
}

void clip_measure(clip *clip, const hg_network *network, const chunk *chunk, size_t number)
{
    const size_t left = chunk->parameter->offset + chunk->parameter->count - chunk->begin;
    if (clip->most > 0 && parameter_is_learned(chunk->parameter))
        clip->squares[number] = simd_current()->kernels->sum_of_squares(network->gradients + chunk->begin,
                                                                        left < chunk->count ? left : chunk->count);
}

void clip_finish(clip *clip)
{
    double sum = 0;
    if (clip->most == 0)
        return;
    for (size_t i = 0; i < clip->chunks; i++)
        sum += clip->squares[i];
    clip->norm = sqrt(sum);
    clip->factor = fmin(1, clip->most / (clip->norm + PYTORCH_EPSILON));
}

void clip_apply(const clip *clip, hg_network *network, const chunk *chunk)
{
    if (clip->factor < 1 && parameter_is_learned(chunk->parameter))
        simd_current()->kernels->scale(network->gradients + chunk->begin, (hg_real)clip->factor, chunk->count);
}
