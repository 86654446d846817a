;; Groth16 over alt_bn128 (EIP-196, EIP-197) by the Wasm of mcl-wasm 2.4.1, in that module's own address space.
;;
;; mcl stores numbers in Montgomery form, 48 bytes each: G1 is x, y, z; G2 the same of pairs (real part first). It reduces
;; silently what is not below the modulus and takes points as they are, so everything is checked here, before use.
;; What belongs to a key (its points, e(alpha, beta), the lines of the Miller loops of gamma and delta) is made once and
;; kept until another key comes. Keeping it changes no answer.
;;
;; Memory: mcl's data and variables end at 31,984. It would keep a stack of 1 MiB above and a heap above that; it needs
;; 122 KB of stack at most here, and no heap. So its stack is made to begin at 196,608 and to grow down from there, and
;; what is above belongs to this module.
(module
  (import "mcl" "memory" (memory 4))
  (import "mcl" "__stack_pointer" (global $stack_pointer (mut i32)))
  ;; Where it keeps powers of 9 + i: 1/3 of (p - 1) in the first place, 1/2 of (p - 1) in the fourth.
  (import "mcl" "_ZN3mcl3Fp21gE" (global $frobenius_x i32))
  (import "mcl" "__wasm_call_ctors" (func $construct))
  (import "mcl" "mclBn_init" (func $init (param $curve i32) (param $build i32) (result i32)))
  (import "mcl" "mclBn_verifyOrderG2" (func $verify_order_with_curve (param $yes i32)))
  (import "mcl" "mclBnFp_setBigEndianMod" (func $fp_read (param i32 i32 i32) (result i32)))
  (import "mcl" "mclBnFp_setInt32" (func $fp_set (param i32 i32)))
  (import "mcl" "mclBnFp_clear" (func $fp_clear (param i32)))
  (import "mcl" "mclBnFp_neg" (func $fp_neg (param i32 i32)))
  (import "mcl" "mclBnFp2_mul" (func $fp2_mul (param i32 i32 i32)))
  (import "mcl" "mclBnFr_setBigEndianMod" (func $fr_read (param i32 i32 i32) (result i32)))
  (import "mcl" "mclBnG1_clear" (func $g1_clear (param i32)))
  (import "mcl" "mclBnG1_isValid" (func $g1_is_on_curve (param i32) (result i32)))
  (import "mcl" "mclBnG1_isZero" (func $g1_is_zero (param i32) (result i32)))
  (import "mcl" "mclBnG1_add" (func $g1_add (param i32 i32 i32)))
  (import "mcl" "mclBnG1_mulVec" (func $g1_multiply (param $result i32) (param $points i32) (param $scalars i32) (param $count i32)))
  (import "mcl" "mclBnG2_clear" (func $g2_clear (param i32)))
  (import "mcl" "mclBnG2_isValid" (func $g2_is_on_curve (param i32) (result i32)))
  (import "mcl" "mclBnG2_isEqual" (func $g2_equals (param i32 i32) (result i32)))
  (import "mcl" "mclBnG2_neg" (func $g2_neg (param i32 i32)))
  (import "mcl" "mclBnG2_dbl" (func $g2_double (param i32 i32)))
  (import "mcl" "mclBnG2_add" (func $g2_add (param i32 i32 i32)))
  (import "mcl" "mclBnG2_sub" (func $g2_sub (param i32 i32 i32)))
  (import "mcl" "mclBnGT_mul" (func $gt_mul (param i32 i32 i32)))
  (import "mcl" "mclBnGT_isEqual" (func $gt_equals (param i32 i32) (result i32)))
  (import "mcl" "mclBn_pairing" (func $pair (param i32 i32 i32)))
  (import "mcl" "mclBn_millerLoop" (func $miller_loop (param i32 i32 i32)))
  (import "mcl" "mclBn_finalExp" (func $final_exponentiation (param i32 i32)))
  (import "mcl" "mclBn_precomputeG2" (func $lines_of (param $lines i32) (param $point i32)))
  (import "mcl" "mclBn_precomputedMillerLoop" (func $miller_loop_of_lines (param i32 i32 i32)))
  (import "mcl" "mclBn_precomputedMillerLoop2" (func $miller_loop_of_two (param i32 i32 i32 i32 i32)))

  (global (export "pages") i32 (i32.const 4))

  ;; Key, proof and inputs, of at most 16 inputs.
  (global $input (export "input") i32 (i32.const 0x30000))
  (global (export "input_size") i32 (i32.const 2304))
  (global (export "output") i32 (i32.const 0x30900))

  ;; The orders of the field and of the groups, big-endian.
  (global $field_order i32 (i32.const 0x30910))
  (data (i32.const 0x30910)
    "\30\64\4e\72\e1\31\a0\29\b8\50\45\b6\81\81\58\5d\97\81\6a\91\68\71\ca\8d\3c\20\8c\16\d8\7c\fd\47")
  (global $group_order i32 (i32.const 0x30930))
  (data (i32.const 0x30930)
    "\30\64\4e\72\e1\31\a0\29\b8\50\45\b6\81\81\58\5d\28\33\e8\48\79\b9\70\91\43\e1\f5\93\f0\00\00\01")

  ;; 1 when mcl is set up. Not in memory: whatever loses this loses the stack pointer as well, and both are set again.
  (global $is_ready (mut i32) (i32.const 0))
  ;; Size of the key that is prepared; 0 when none is.
  (global $key_size i32 (i32.const 0x30954))
  (global $key i32 (i32.const 0x30980))
  (global $ic i32 (i32.const 0x31000))
  (global $target i32 (i32.const 0x31a00))
  (global $gamma_lines i32 (i32.const 0x33000))
  (global $delta_lines i32 (i32.const 0x39200))

  ;; Of the call under way. $b_x and $b_sum serve the subgroup check.
  (global $a i32 (i32.const 0x31d00))
  (global $c i32 (i32.const 0x31e00))
  (global $sum i32 (i32.const 0x31f00))
  (global $b i32 (i32.const 0x32000))
  (global $b_x i32 (i32.const 0x32180))
  (global $b_sum i32 (i32.const 0x32300))
  (global $scalars i32 (i32.const 0x32480))
  (global $f i32 (i32.const 0x32700))
  (global $g i32 (i32.const 0x32a00))

  ;; Sets mcl up once. 1 when that went well.
  (func $prepare (export "prepare") (param $length i32) (param $argument i32) (result i32)
    (if (global.get $is_ready) (then (return (i32.const 1))))
    (global.set $stack_pointer (i32.const 0x30000))
    (call $construct)
    ;; 4 is alt_bn128; 46 says that Fr has 4 and Fp 6 words of 64 bits in this build.
    (if (call $init (i32.const 4) (i32.const 46)) (then (return (i32.const 0))))
    ;; Its own check multiplies by the group order, which takes four times as long as $is_in_subgroup.
    (call $verify_order_with_curve (i32.const 0))
    (global.set $is_ready (i32.const 1))
    (i32.const 1))

  ;; Input: key 512 + 64n, proof 256, inputs 32n, where n = `inputs`. 1 when the proof holds.
  (func (export "groth16_verify") (param $length i32) (param $inputs i32) (result i32)
    (local $proof i32)
    (if (i32.gt_u (local.get $inputs) (i32.const 16)) (then (return (i32.const 0))))
    (if (i32.ne (local.get $length) (i32.add (i32.const 768) (i32.mul (local.get $inputs) (i32.const 96))))
      (then (return (i32.const 0))))
    (if (i32.eqz (call $prepare (i32.const 0) (i32.const 0))) (then (return (i32.const 0))))
    (if (i32.eqz (call $use_key (local.get $inputs))) (then (return (i32.const 0))))
    (local.set $proof
      (i32.add (global.get $input) (i32.add (i32.const 512) (i32.shl (local.get $inputs) (i32.const 6)))))
    (if (i32.eqz (call $read_scalars (i32.add (local.get $proof) (i32.const 256)) (local.get $inputs)))
      (then (return (i32.const 0))))
    (if (i32.eqz (call $read_g1 (global.get $a) (local.get $proof))) (then (return (i32.const 0))))
    (if (i32.eqz (call $read_g1 (global.get $c) (i32.add (local.get $proof) (i32.const 192))))
      (then (return (i32.const 0))))
    (if (i32.eqz (call $read_g2 (global.get $b) (i32.add (local.get $proof) (i32.const 64))))
      (then (return (i32.const 0))))
    (call $sum_inputs (local.get $inputs))
    (call $miller_loop (global.get $f) (global.get $a) (global.get $b))
    (call $miller_loop_of_fixed)
    (call $gt_mul (global.get $f) (global.get $f) (global.get $g))
    (call $final_exponentiation (global.get $f) (global.get $f))
    (call $gt_equals (global.get $f) (global.get $target)))

  ;; g = ML(sum, -gamma) * ML(c, -delta). The loop of two asks that neither point is the identity.
  (func $miller_loop_of_fixed
    (if (call $g1_is_zero (global.get $sum))
      (then
        (call $miller_loop_of_lines (global.get $g) (global.get $c) (global.get $delta_lines))
        (return)))
    (if (call $g1_is_zero (global.get $c))
      (then
        (call $miller_loop_of_lines (global.get $g) (global.get $sum) (global.get $gamma_lines))
        (return)))
    (call $miller_loop_of_two
      (global.get $g) (global.get $sum) (global.get $gamma_lines) (global.get $c) (global.get $delta_lines)))

  ;; Makes the input's key the prepared one. 0 when there is something wrong with it.
  (func $use_key (param $inputs i32) (result i32)
    (local $size i32)
    (local.set $size (i32.add (i32.const 512) (i32.shl (local.get $inputs) (i32.const 6))))
    (if (i32.eq (i32.load (global.get $key_size)) (local.get $size))
      (then
        (if (call $is_same (global.get $key) (global.get $input) (local.get $size))
          (then (return (i32.const 1))))))
    (i32.store (global.get $key_size) (i32.const 0))
    (if (i32.eqz (call $prepare_key (local.get $inputs))) (then (return (i32.const 0))))
    (memory.copy (global.get $key) (global.get $input) (local.get $size))
    (i32.store (global.get $key_size) (local.get $size))
    (i32.const 1))

  ;; Gamma and delta are negated, so that three loops and one exponentiation give e(alpha, beta).
  (func $prepare_key (param $inputs i32) (result i32)
    (local $index i32)
    (loop $next
      (if (i32.eqz
            (call $read_g1
              (call $nth_ic (local.get $index))
              (i32.add (global.get $input) (i32.add (i32.const 448) (i32.shl (local.get $index) (i32.const 6))))))
        (then (return (i32.const 0))))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $index) (local.get $inputs))))
    (if (i32.eqz (call $read_g2 (global.get $b) (i32.add (global.get $input) (i32.const 192))))
      (then (return (i32.const 0))))
    (call $g2_neg (global.get $b) (global.get $b))
    (call $lines_of (global.get $gamma_lines) (global.get $b))
    (if (i32.eqz (call $read_g2 (global.get $b) (i32.add (global.get $input) (i32.const 320))))
      (then (return (i32.const 0))))
    (call $g2_neg (global.get $b) (global.get $b))
    (call $lines_of (global.get $delta_lines) (global.get $b))
    (if (i32.eqz (call $read_g1 (global.get $a) (global.get $input))) (then (return (i32.const 0))))
    (if (i32.eqz (call $read_g2 (global.get $b) (i32.add (global.get $input) (i32.const 64))))
      (then (return (i32.const 0))))
    (call $pair (global.get $target) (global.get $a) (global.get $b))
    (i32.const 1))

  (func $nth_ic (param $index i32) (result i32)
    (i32.add (global.get $ic) (i32.mul (local.get $index) (i32.const 144))))

  ;; sum = ic0 + the sum of input_i * ic_i
  (func $sum_inputs (param $inputs i32)
    (call $g1_clear (global.get $sum))
    (if (local.get $inputs)
      (then
        (call $g1_multiply
          (global.get $sum) (call $nth_ic (i32.const 1)) (global.get $scalars) (local.get $inputs))))
    (call $g1_add (global.get $sum) (global.get $sum) (global.get $ic)))

  (func $read_scalars (param $from i32) (param $count i32) (result i32)
    (local $index i32)
    (local $at i32)
    (loop $next
      (if (i32.eq (local.get $index) (local.get $count)) (then (return (i32.const 1))))
      (local.set $at (i32.add (local.get $from) (i32.shl (local.get $index) (i32.const 5))))
      (if (i32.eqz (call $is_below (local.get $at) (global.get $group_order))) (then (return (i32.const 0))))
      (drop
        (call $fr_read
          (i32.add (global.get $scalars) (i32.shl (local.get $index) (i32.const 5)))
          (local.get $at)
          (i32.const 32)))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; 64 bytes as a point of the curve, all of which are of the group. 0 when they are none.
  (func $read_g1 (param $point i32) (param $from i32) (result i32)
    (if (call $is_all_zero (local.get $from) (i32.const 64))
      (then
        (call $g1_clear (local.get $point))
        (return (i32.const 1))))
    (if (i32.eqz (call $read_coordinate (local.get $point) (local.get $from))) (then (return (i32.const 0))))
    (if (i32.eqz
          (call $read_coordinate
            (i32.add (local.get $point) (i32.const 48)) (i32.add (local.get $from) (i32.const 32))))
      (then (return (i32.const 0))))
    (call $fp_set (i32.add (local.get $point) (i32.const 96)) (i32.const 1))
    (call $g1_is_on_curve (local.get $point)))

  ;; 128 bytes as a point of the subgroup. 0 when they are none.
  (func $read_g2 (param $point i32) (param $from i32) (result i32)
    (if (call $is_all_zero (local.get $from) (i32.const 128))
      (then
        (call $g2_clear (local.get $point))
        (return (i32.const 1))))
    (if (i32.eqz (call $read_pair (local.get $point) (local.get $from))) (then (return (i32.const 0))))
    (if (i32.eqz
          (call $read_pair (i32.add (local.get $point) (i32.const 96)) (i32.add (local.get $from) (i32.const 64))))
      (then (return (i32.const 0))))
    (call $fp_set (i32.add (local.get $point) (i32.const 192)) (i32.const 1))
    (call $fp_clear (i32.add (local.get $point) (i32.const 240)))
    (if (i32.eqz (call $g2_is_on_curve (local.get $point))) (then (return (i32.const 0))))
    (call $is_in_subgroup (local.get $point)))

  ;; The imaginary part comes first in the input and last in mcl.
  (func $read_pair (param $pair i32) (param $from i32) (result i32)
    (if (i32.eqz (call $read_coordinate (i32.add (local.get $pair) (i32.const 48)) (local.get $from)))
      (then (return (i32.const 0))))
    (call $read_coordinate (local.get $pair) (i32.add (local.get $from) (i32.const 32))))

  (func $read_coordinate (param $number i32) (param $from i32) (result i32)
    (if (i32.eqz (call $is_below (local.get $from) (global.get $field_order))) (then (return (i32.const 0))))
    (i32.eqz (call $fp_read (local.get $number) (local.get $from) (i32.const 32))))

  ;; Whether a point Q of the twist is in the subgroup: [x + 1]Q + F([x]Q) + F^2([x]Q) = F^3([2x]Q), for the curve's
  ;; parameter x and the Frobenius map F (eprint 2022/348, section 3: the left less the right has no kernel among the
  ;; other points, as its norm and the cofactor have no common factor).
  (func $is_in_subgroup (param $point i32) (result i32)
    (call $multiply_by_parameter (global.get $b_x) (local.get $point))
    (call $g2_add (global.get $b_sum) (global.get $b_x) (local.get $point))
    (call $apply_frobenius (global.get $b_x))
    (call $g2_add (global.get $b_sum) (global.get $b_sum) (global.get $b_x))
    (call $apply_frobenius (global.get $b_x))
    (call $g2_add (global.get $b_sum) (global.get $b_sum) (global.get $b_x))
    (call $apply_frobenius (global.get $b_x))
    (call $g2_double (global.get $b_x) (global.get $b_x))
    (call $g2_equals (global.get $b_sum) (global.get $b_x)))

  ;; By 4,965,661,367,192,848,881, as the difference of two numbers that have 24 bits set, no two of them side by side.
  (func $multiply_by_parameter (param $result i32) (param $point i32)
    (local $bit i64)
    (memory.copy (local.get $result) (local.get $point) (i32.const 288))
    (local.set $bit (i64.const 0x2000000000000000))
    (loop $next
      (call $g2_double (local.get $result) (local.get $result))
      (if (i64.ne (i64.and (local.get $bit) (i64.const 0x450a14044a890a01)) (i64.const 0))
        (then (call $g2_add (local.get $result) (local.get $result) (local.get $point))))
      (if (i64.ne (i64.and (local.get $bit) (i64.const 0x0020815000200010)) (i64.const 0))
        (then (call $g2_sub (local.get $result) (local.get $result) (local.get $point))))
      (local.set $bit (i64.shr_u (local.get $bit) (i64.const 1)))
      (br_if $next (i64.ne (local.get $bit) (i64.const 0)))))

  ;; Conjugates x, y and z, then multiplies x and y by the constants of the twist.
  (func $apply_frobenius (param $point i32)
    (local $y i32)
    (local.set $y (i32.add (local.get $point) (i32.const 96)))
    (call $conjugate (local.get $point))
    (call $conjugate (local.get $y))
    (call $conjugate (i32.add (local.get $point) (i32.const 192)))
    (call $fp2_mul (local.get $point) (local.get $point) (global.get $frobenius_x))
    (call $fp2_mul (local.get $y) (local.get $y) (i32.add (global.get $frobenius_x) (i32.const 288))))

  (func $conjugate (param $pair i32)
    (local $imaginary i32)
    (local.set $imaginary (i32.add (local.get $pair) (i32.const 48)))
    (call $fp_neg (local.get $imaginary) (local.get $imaginary)))

  ;; Whether the 32 bytes are, as big-endian numbers, less than those of `bound`.
  (func $is_below (param $at i32) (param $bound i32) (result i32)
    (local $end i32)
    (local $byte i32)
    (local $limit i32)
    (local.set $end (i32.add (local.get $at) (i32.const 32)))
    (loop $next
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $limit (i32.load8_u (local.get $bound)))
      (if (i32.ne (local.get $byte) (local.get $limit))
        (then (return (i32.lt_u (local.get $byte) (local.get $limit)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $bound (i32.add (local.get $bound) (i32.const 1)))
      (br_if $next (i32.ne (local.get $at) (local.get $end))))
    (i32.const 0))

  ;; For sizes that are multiples of 8, above 0.
  (func $is_all_zero (param $at i32) (param $size i32) (result i32)
    (local $bits i64)
    (loop $next
      (local.set $size (i32.sub (local.get $size) (i32.const 8)))
      (local.set $bits (i64.or (local.get $bits) (i64.load (i32.add (local.get $at) (local.get $size)))))
      (br_if $next (local.get $size)))
    (i64.eqz (local.get $bits)))

  ;; For sizes that are multiples of 8, above 0.
  (func $is_same (param $left i32) (param $right i32) (param $size i32) (result i32)
    (loop $next
      (local.set $size (i32.sub (local.get $size) (i32.const 8)))
      (if (i64.ne
            (i64.load (i32.add (local.get $left) (local.get $size)))
            (i64.load (i32.add (local.get $right) (local.get $size))))
        (then (return (i32.const 0))))
      (br_if $next (local.get $size)))
    (i32.const 1)))
