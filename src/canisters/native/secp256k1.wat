;; The adapter over tiny-secp256k1 (libsecp256k1 through secp256k1-sys 0.8.1), in the library's own address
;; space. Operations are those of `src/core/crypto/engine.ts`; the payload and the value of each stand above it. All
;; answer 0 to whatever is malformed.
;;
;; The library reads its arguments from fixed places and writes keys to PUBLIC_KEY_INPUT. It checks them itself: a key
;; off the curve, r or s not below the group order make it call `throwError` (see secp256k1-imports.wat) and return 0.
(module
  (import "secp256k1" "memory" (memory 28))
  (import "secp256k1" "HASH_INPUT" (global $HASH_INPUT i32))
  (import "secp256k1" "PUBLIC_KEY_INPUT" (global $PUBLIC_KEY_INPUT i32))
  (import "secp256k1" "PUBLIC_KEY_INPUT2" (global $PUBLIC_KEY_INPUT2 i32))
  (import "secp256k1" "SIGNATURE_INPUT" (global $SIGNATURE_INPUT i32))
  (import "secp256k1" "TWEAK_INPUT" (global $TWEAK_INPUT i32))
  (import "secp256k1" "X_ONLY_PUBLIC_KEY_INPUT" (global $X_ONLY_PUBLIC_KEY_INPUT i32))

  (import "secp256k1" "initializeContext" (func $initialize_context))
  (import "secp256k1" "isPoint" (func $is_point (param $keyLength i32) (result i32)))
  (import "secp256k1" "pointCompress" (func $point_compress (param $keyLength i32) (param $outputLength i32)))
  (import "secp256k1" "pointAdd"
    (func $point_add (param $keyLength i32) (param $key2Length i32) (param $outputLength i32) (result i32)))
  (import "secp256k1" "pointAddScalar"
    (func $point_add_scalar (param $keyLength i32) (param $outputLength i32) (result i32)))
  (import "secp256k1" "verify" (func $verify (param $keyLength i32) (param $strict i32) (result i32)))
  (import "secp256k1" "recover" (func $recover (param $outputLength i32) (param $recoveryId i32) (result i32)))
  (import "secp256k1" "verifySchnorr" (func $verify_schnorr (result i32)))

  ;; The library has no allocator: what follows its __heap_base (0x1b0970), up to the end of its pages, is free.
  (global $pages (export "pages") i32 (i32.const 28))
  (global $input (export "input") i32 (i32.const 0x1b0a00))
  (global $input_size (export "input_size") i32 (i32.const 0x100))
  (global $output (export "output") i32 (i32.const 0x1b0b00))

  ;; The library would do this at the first operation that needs its context.
  (func (export "prepare") (param $length i32) (param $argument i32) (result i32)
    (call $initialize_context)
    (i32.const 1))

  ;; digest 32, signature 64, key 33 or 65 -> no value
  (func (export "ecdsa_verify") (param $length i32) (param $argument i32) (result i32)
    (local $keyLength i32)
    (local.set $keyLength (i32.sub (local.get $length) (i32.const 96)))
    (if (i32.eqz (call $take_key (i32.const 96) (local.get $keyLength))) (then (return (i32.const 0))))
    (call $take_digest_and_signature)
    ;; Strict: s in the upper half is refused.
    (call $verify (local.get $keyLength) (i32.const 1)))

  ;; digest 32, signature 64, key 33 or 65 -> 1 byte. A signature is valid for exactly the keys that can be recovered
  ;; from it, so nothing has to be verified, nor the key be decompressed.
  (func (export "find_parity") (param $length i32) (param $argument i32) (result i32)
    (local $keyLength i32)
    (local $parity i32)
    (local.set $keyLength (i32.sub (local.get $length) (i32.const 96)))
    (if (i32.eqz (call $is_key (i32.const 96) (local.get $keyLength))) (then (return (i32.const 0))))
    (call $take_digest_and_signature)
    (loop $next
      (if (call $recover (local.get $keyLength) (local.get $parity))
        (then
          (if (call $is_recovered (local.get $keyLength))
            (then
              (i32.store8 (global.get $output) (local.get $parity))
              (return (i32.const 1))))))
      (local.set $parity (i32.add (local.get $parity) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $parity) (i32.const 2))))
    (i32.const 0))

  ;; digest 32, signature 64; argument: recovery id -> key 65
  (func (export "recover") (param $length i32) (param $argument i32) (result i32)
    (if (i32.ne (local.get $length) (i32.const 96)) (then (return (i32.const 0))))
    ;; The library traps on others.
    (if (i32.gt_u (local.get $argument) (i32.const 3)) (then (return (i32.const 0))))
    (call $take_digest_and_signature)
    (if (i32.eqz (call $recover (i32.const 65) (local.get $argument))) (then (return (i32.const 0))))
    (call $give_key (i32.const 0) (i32.const 65)))

  ;; digest 32, signature 64, key 32 -> no value
  (func (export "schnorr_verify") (param $length i32) (param $argument i32) (result i32)
    (if (i32.ne (local.get $length) (i32.const 128)) (then (return (i32.const 0))))
    (call $take_digest_and_signature)
    (memory.copy
      (global.get $X_ONLY_PUBLIC_KEY_INPUT) (i32.add (global.get $input) (i32.const 96)) (i32.const 32))
    (call $verify_schnorr))

  ;; key 33 or 65 -> key 65
  (func (export "decompress") (param $length i32) (param $argument i32) (result i32)
    (if (i32.eqz (call $take_key (i32.const 0) (local.get $length))) (then (return (i32.const 0))))
    (if (i32.eq (local.get $length) (i32.const 65))
      (then (if (i32.eqz (call $is_point (i32.const 65))) (then (return (i32.const 0)))))
      (else
        (call $point_compress (i32.const 33) (i32.const 65))
        ;; It has no result: where there is no such point, the key stays as it was.
        (if (i32.ne (i32.load8_u (global.get $PUBLIC_KEY_INPUT)) (i32.const 4)) (then (return (i32.const 0))))))
    (call $give_key (i32.const 0) (i32.const 65)))

  ;; tweak 32, key 33 or 65 -> key 33
  (func (export "add_tweak") (param $length i32) (param $argument i32) (result i32)
    (local $keyLength i32)
    (local.set $keyLength (i32.sub (local.get $length) (i32.const 32)))
    (if (i32.eqz (call $take_key (i32.const 32) (local.get $keyLength))) (then (return (i32.const 0))))
    (memory.copy (global.get $TWEAK_INPUT) (global.get $input) (i32.const 32))
    (if (i32.eqz (call $point_add_scalar (local.get $keyLength) (i32.const 33))) (then (return (i32.const 0))))
    (call $give_key (i32.const 0) (i32.const 33)))

  ;; point 64, point 64 -> point 64
  (func (export "add_points") (param $length i32) (param $argument i32) (result i32)
    (if (i32.ne (local.get $length) (i32.const 128)) (then (return (i32.const 0))))
    (call $take_point (global.get $PUBLIC_KEY_INPUT) (i32.const 0))
    (call $take_point (global.get $PUBLIC_KEY_INPUT2) (i32.const 64))
    (if (i32.eqz (call $point_add (i32.const 65) (i32.const 65) (i32.const 65)))
      (then (return (i32.const 0))))
    (call $give_key (i32.const 1) (i32.const 64)))

  ;; Whether the input has a key in SEC1 at $offset. The library would take prefixes 6 and 7 too.
  (func $is_key (param $offset i32) (param $keyLength i32) (result i32)
    (local $prefix i32)
    (local.set $prefix (i32.load8_u (i32.add (global.get $input) (local.get $offset))))
    (if (i32.eq (local.get $keyLength) (i32.const 65))
      (then (return (i32.eq (local.get $prefix) (i32.const 4)))))
    (i32.and
      (i32.eq (local.get $keyLength) (i32.const 33))
      (i32.eq (i32.and (local.get $prefix) (i32.const 0xfe)) (i32.const 2))))

  ;; Gives the library the input's key at $offset, if it is one.
  (func $take_key (param $offset i32) (param $keyLength i32) (result i32)
    (if (i32.eqz (call $is_key (local.get $offset) (local.get $keyLength))) (then (return (i32.const 0))))
    (memory.copy
      (global.get $PUBLIC_KEY_INPUT)
      (i32.add (global.get $input) (local.get $offset))
      (local.get $keyLength))
    (i32.const 1))

  (func $take_point (param $to i32) (param $offset i32)
    (i32.store8 (local.get $to) (i32.const 4))
    (memory.copy
      (i32.add (local.get $to) (i32.const 1))
      (i32.add (global.get $input) (local.get $offset))
      (i32.const 64)))

  (func $take_digest_and_signature
    (memory.copy (global.get $HASH_INPUT) (global.get $input) (i32.const 32))
    (memory.copy (global.get $SIGNATURE_INPUT) (i32.add (global.get $input) (i32.const 32)) (i32.const 64)))

  ;; Answers "yes" with $size bytes of the library's key, from $offset.
  (func $give_key (param $offset i32) (param $size i32) (result i32)
    (memory.copy
      (global.get $output) (i32.add (global.get $PUBLIC_KEY_INPUT) (local.get $offset)) (local.get $size))
    (i32.const 1))

  ;; Whether the library's key is the input's at 96: the prefix, and words of 8 bytes after it.
  (func $is_recovered (param $keyLength i32) (result i32)
    (local $at i32)
    (local $difference i64)
    (local.set $difference
      (i64.xor
        (i64.load8_u (global.get $PUBLIC_KEY_INPUT))
        (i64.load8_u (i32.add (global.get $input) (i32.const 96)))))
    (local.set $at (i32.const 1))
    (loop $next
      (local.set $difference
        (i64.or
          (local.get $difference)
          (i64.xor
            (i64.load (i32.add (global.get $PUBLIC_KEY_INPUT) (local.get $at)))
            (i64.load offset=96 (i32.add (global.get $input) (local.get $at))))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $keyLength))))
    (i64.eqz (local.get $difference)))
)
