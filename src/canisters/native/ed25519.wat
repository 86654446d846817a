;; Ed25519 over the Wasm of libsodium-sumo 0.8.4, in that module's own address space. Its export names are shortened;
;; dist/modules-sumo/libsodium-sumo.js has the long ones: `hi` is crypto_sign_ed25519_verify_detached.
;;
;; The rule it verifies by (libsodium's `stable` branch at 33cc75ab, crypto_sign/ed25519/ref10/open.c, built without
;; ED25519_COMPAT), in this order:
;; - s is below the group order;
;; - R is none of the 14 encodings of a y that points of small order have: y = 0, 1, p-1, p, p+1 and two of order 8,
;;   each with either sign;
;; - the key's y is below p, and the key is none of those 14 either;
;; - the key decodes to a curve point, of the prime-order subgroup or not;
;; - with k = SHA-512(R, key, message) mod the group order, [s]B - [k]A encodes to the 32 bytes of R. So there is no
;;   factor of 8 in the equation, and R in any other encoding than the canonical one is refused.
;; The later versions of libsodium multiply by 8: a change of the package's version is a change of the rule.
;;
;; Memory: constants from 1,024 to 42,112, the stack from there up to 107,648, where the library's heap would begin.
;; Verifying never allocates, so the heap's place is the input's; three pages are enough of the 64 the module asks for.
(module
  (import "sodium" "e" (memory 3))
  (import "sodium" "hi"
    (func $verify_detached
      (param $signature i32) (param $message i32) (param $length_low i32) (param $length_high i32) (param $key i32)
      (result i32)))

  (global $input (export "input") i32 (i32.const 107648))
  (global (export "input_size") i32 (i32.const 65632))
  (global (export "output") i32 (i32.const 107648))
  (global (export "pages") i32 (i32.const 3))

  ;; Input: key 32, signature 64, message of at most 65,536 bytes. 1 when valid.
  (func (export "ed25519_verify") (param $length i32) (param $argument i32) (result i32)
    (if (i32.gt_u (i32.sub (local.get $length) (i32.const 96)) (i32.const 65536))
      (then (return (i32.const 0))))
    (i32.eqz
      (call $verify_detached
        (i32.add (global.get $input) (i32.const 32))
        (i32.add (global.get $input) (i32.const 96))
        (i32.sub (local.get $length) (i32.const 96))
        (i32.const 0)
        (global.get $input)))))
