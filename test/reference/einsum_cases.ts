/** What Einsum is checked on. */
import { f, type OperatorCase } from "./operator_case.ts";

function einsum(equation: string, ...shapes: readonly (readonly number[])[]): OperatorCase {
  return { inputs: shapes.map((shape) => f(shape)), attributes: { equation } };
}

export const EINSUM_CASES = {
  Einsum: [
    einsum("ij,jk->ik", [2, 3], [3, 4]),
    einsum("ij,jk", [2, 3], [3, 4]),
    einsum("bij,bjk->bik", [2, 2, 3], [2, 3, 4]),
    einsum("bhid,bhjd->bhij", [2, 2, 3, 4], [2, 2, 5, 4]),
    einsum("...ij,...jk->...ik", [2, 2, 3], [2, 3, 2]),
    einsum("...ij,jk->...ik", [3, 2, 2, 3], [3, 2]),
    einsum("bc,oc->bo", [3, 4], [2, 4]),
    einsum("i,j->ij", [3], [4]),
    einsum("i,i->", [5], [5]),
    einsum("ij,ij->ji", [2, 3], [2, 3]),
    einsum("bchw,c->bhw", [2, 3, 2, 2], [3]),
    einsum("abc,cd,db->a", [2, 3, 4], [4, 2], [2, 3]),
    einsum("ijk->ki", [2, 3, 4]),
    einsum("ij->", [2, 3]),
    einsum("ii->i", [4, 4]),
    einsum("iij->j", [3, 3, 2]),
    einsum("ba", [2, 3]),
    einsum("aij,bij->ab", [2, 3, 4], [3, 3, 4]),
    einsum("ijkl,lk->ij", [2, 2, 3, 4], [4, 3]),
  ],
} satisfies Record<string, readonly OperatorCase[]>;
