/* Normal random numbers of mean 0 and deviation 1, of a row of lanes: two of two
 * (Box & Muller 1958). Of the bits a and b
 *
 *     r = sqrt(-2 log u), u = (a / 2^8 rounded down + 1) / 2^24   in (0, 1], so that r < 5.8
 *     first, second = r cos(2 pi b / 2^32), r sin(2 pi b / 2^32)
 */
#ifndef HINGE_LANE_NORMAL_H
#define HINGE_LANE_NORMAL_H

#include "src/lane_random.h"
#include "src/vec_log.h"
#include "src/vec_sqrt.h"

typedef int32_t piece_int __attribute__((vector_size(VEC * sizeof(int32_t)), may_alias));

INLINE vec lane_radius(piece_bits a)
{
    const int unused = 8;
    const vec u = __builtin_convertvector((piece_int)((a >> unused) + 1), vec) * (hg_real)0x1p-24;
    return vec_sqrt(-2 * vec_log(u));
}

#ifdef HINGE_DOUBLE

INLINE void lane_turn(piece_bits b, vec *cosine, vec *sine)
{
    const double bits_to_angle = 6.283185307179586 * 0x1p-32;
    vec c = __builtin_convertvector(b, vec) * bits_to_angle, s = c;
    UNROLL_FOR (int i = 0; i < VEC; i++) {
        c[i] = cos(c[i]);
        s[i] = sin(s[i]);
    }
    *cosine = c;
    *sine = s;
}

#else

/* The angle is a number of quarters of a turn and what is left, at most half a quarter
 * either way, where polynomials do (Cephes, sinf). */
INLINE void lane_turn(piece_bits b, vec *cosine, vec *sine)
{
    const int quarter_bits = 30;
    const uint32_t quarter = UINT32_C(1) << quarter_bits, half = quarter / 2;
    const float bits_to_angle = 6.28318531F * 0x1p-32F;
    const piece_bits shifted = b + half;
    const mask quarters = (mask)(shifted >> quarter_bits);
    const vec angle =
        __builtin_convertvector((mask)(shifted & (quarter - 1)) - (mask_element)half, vec) * bits_to_angle;
    const vec z = angle * angle;
    const vec s = angle + angle * z * (-0.16666655F + z * (0.0083321609F + z * -1.9515296e-4F));
    const vec c = 1 - 0.5F * z + z * z * (0.041666646F + z * (-0.0013887316F + z * 2.4433157e-5F));
    const mask odd = (quarters & 1) == 1;
    const mask cosine_falls = ((quarters + 1) & 2) == 2, sine_falls = (quarters & 2) == 2;
    *cosine = (vec)((mask)vec_select(odd, s, c) ^ (cosine_falls & vec_sign_bit()));
    *sine = (vec)((mask)vec_select(odd, c, s) ^ (sine_falls & vec_sign_bit()));
}

#endif

/* Of the units 2 pair and 2 pair + 1 of the block that `bits` holds. */
INLINE void lane_normal(const lane_bits *bits, int pair, int piece, vec normal[2])
{
    const vec radius = lane_radius(lane_piece(bits, 2 * pair, piece));
    lane_turn(lane_piece(bits, 2 * pair + 1, piece), &normal[0], &normal[1]);
    normal[0] *= radius;
    normal[1] *= radius;
}

#endif
