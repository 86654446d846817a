;; The switchboard: the one place where a canister's JavaScript meets the libraries linked beside it.
;;
;; It is linked in the place of the system call ic0.certified_data_set(at, size), to which azle hands the address of a
;; JavaScript buffer itself. A buffer of more than 32 bytes that begins with the magic is a request: it is answered in
;; place, before the call returns, so that nothing is ever pending. All else goes on to the real call, which takes at
;; most 32 bytes and traps above that: no call that means the real one looks like a request.
;;
;; Request, integers little-endian:
;;   0  8  magic "HYPHA/NC"
;;   8  1  version (1)
;;   9  1  operation
;;  10  1  argument
;;  11  1  status, written here: 0 no, 1 yes or a value, 2 no such request
;;  12  4  length of the payload
;;  16     payload; a value is written here
;;
;; docs/native.md has the table of operations; src/canisters/runtime/native-operations.ts is the other end. Lengths are
;; checked here, and the bytes are copied into a library's own region before it sees them. Libraries' addresses are
;; counted from the start of their regions, which the link step supplies as the globals of module "region".
(module
  (import "canister" "memory" (memory 1))
  (import "system" "certified_data_set" (func $certified_data_set (param i32 i32)))

  (import "region" "sha256" (global $sha256 i32))
  (import "adapter/sha256" "input" (global $sha256_input i32))
  (import "adapter/sha256" "input_size" (global $sha256_input_size i32))
  (import "adapter/sha256" "output" (global $sha256_output i32))
  (import "adapter/sha256" "sha256_begin" (func $sha256_begin))
  (import "adapter/sha256" "sha224_begin" (func $sha224_begin))
  (import "adapter/sha256" "sha256_update" (func $sha256_update (param i32)))
  (import "adapter/sha256" "sha256_end" (func $sha256_end))

  (import "region" "sha512" (global $sha512 i32))
  (import "adapter/sha512" "input" (global $sha512_input i32))
  (import "adapter/sha512" "input_size" (global $sha512_input_size i32))
  (import "adapter/sha512" "output" (global $sha512_output i32))
  (import "adapter/sha512" "sha512_begin" (func $sha512_begin))
  (import "adapter/sha512" "sha512_update" (func $sha512_update (param i32)))
  (import "adapter/sha512" "sha512_end" (func $sha512_end))

  (import "region" "keccak" (global $keccak i32))
  (import "adapter/keccak" "input" (global $keccak_input i32))
  (import "adapter/keccak" "input_size" (global $keccak_input_size i32))
  (import "adapter/keccak" "output" (global $keccak_output i32))
  (import "adapter/keccak" "keccak256_begin" (func $keccak256_begin))
  (import "adapter/keccak" "keccak256_update" (func $keccak256_update (param i32)))
  (import "adapter/keccak" "keccak256_end" (func $keccak256_end))

  (import "region" "ripemd160" (global $ripemd160 i32))
  (import "adapter/ripemd160" "input" (global $ripemd160_input i32))
  (import "adapter/ripemd160" "input_size" (global $ripemd160_input_size i32))
  (import "adapter/ripemd160" "output" (global $ripemd160_output i32))
  (import "adapter/ripemd160" "ripemd160_begin" (func $ripemd160_begin))
  (import "adapter/ripemd160" "ripemd160_update" (func $ripemd160_update (param i32)))
  (import "adapter/ripemd160" "ripemd160_end" (func $ripemd160_end))

  (import "region" "secp256k1" (global $secp256k1 i32))
  (import "adapter/secp256k1" "input" (global $secp256k1_input i32))
  (import "adapter/secp256k1" "output" (global $secp256k1_output i32))
  (import "adapter/secp256k1" "prepare" (func $secp256k1_prepare (param i32 i32) (result i32)))
  (import "adapter/secp256k1" "ecdsa_verify" (func $ecdsa_verify (param i32 i32) (result i32)))
  (import "adapter/secp256k1" "find_parity" (func $find_parity (param i32 i32) (result i32)))
  (import "adapter/secp256k1" "recover" (func $recover (param i32 i32) (result i32)))
  (import "adapter/secp256k1" "schnorr_verify" (func $schnorr_verify (param i32 i32) (result i32)))
  (import "adapter/secp256k1" "decompress" (func $decompress (param i32 i32) (result i32)))
  (import "adapter/secp256k1" "add_tweak" (func $add_tweak (param i32 i32) (result i32)))
  (import "adapter/secp256k1" "add_points" (func $add_points (param i32 i32) (result i32)))

  (import "region" "ed25519" (global $ed25519 i32))
  (import "adapter/ed25519" "input" (global $ed25519_input i32))
  (import "adapter/ed25519" "ed25519_verify" (func $ed25519_verify (param i32 i32) (result i32)))

  (import "region" "bn254" (global $bn254 i32))
  (import "adapter/bn254" "input" (global $bn254_input i32))
  (import "adapter/bn254" "groth16_verify" (func $groth16_verify (param i32 i32) (result i32)))

  (func (export "certified_data_set") (param $at i32) (param $size i32)
    (if (i32.le_u (local.get $size) (i32.const 32))
      (then (return (call $certified_data_set (local.get $at) (local.get $size)))))
    (if (i64.ne (i64.load align=1 (local.get $at)) (i64.const 0x434e2f4148505948))
      (then (return (call $certified_data_set (local.get $at) (local.get $size)))))
    (i32.store8 offset=11 (local.get $at) (call $answer (local.get $at) (i32.sub (local.get $size) (i32.const 16)))))

  ;; Status of the request at `at`, with `room` bytes behind its header; its value, if it has one, is then in place.
  (func $answer (param $at i32) (param $room i32) (result i32)
    (local $operation i32) (local $argument i32) (local $payload i32) (local $length i32)
    (local.set $operation (i32.load8_u offset=9 (local.get $at)))
    (local.set $argument (i32.load8_u offset=10 (local.get $at)))
    (local.set $length (i32.load offset=12 align=1 (local.get $at)))
    (local.set $payload (i32.add (local.get $at) (i32.const 16)))
    (if (i32.ne (i32.load8_u offset=8 (local.get $at)) (i32.const 1)) (then (return (i32.const 2))))
    (if (i32.gt_u (local.get $length) (local.get $room)) (then (return (i32.const 2))))
    (if (i32.lt_u (local.get $operation) (i32.const 16))
      (then (return (call $hash (local.get $operation) (local.get $payload) (local.get $length) (local.get $room)))))
    (if (i32.lt_u (local.get $operation) (i32.const 32))
      (then
        (return
          (call $answer_secp256k1
            (local.get $operation) (local.get $argument) (local.get $payload) (local.get $length) (local.get $room)))))
    (if (i32.eq (local.get $operation) (i32.const 32))
      (then
        (if (i32.gt_u (i32.sub (local.get $length) (i32.const 96)) (i32.const 65536)) (then (return (i32.const 2))))
        (call $put (i32.add (global.get $ed25519) (global.get $ed25519_input)) (local.get $payload) (local.get $length))
        (return (call $ed25519_verify (local.get $length) (local.get $argument)))))
    (if (i32.eq (local.get $operation) (i32.const 48))
      (then
        ;; key with argument + 1 points, proof, inputs: 448 + 64 + 256 bytes, and 96 for every input.
        (if (i32.gt_u (local.get $argument) (i32.const 16)) (then (return (i32.const 2))))
        (if (i32.ne (local.get $length) (i32.add (i32.const 768) (i32.mul (i32.const 96) (local.get $argument))))
          (then (return (i32.const 2))))
        (call $put (i32.add (global.get $bn254) (global.get $bn254_input)) (local.get $payload) (local.get $length))
        (return (call $groth16_verify (local.get $length) (local.get $argument)))))
    (i32.const 2))

  (func $put (param $to i32) (param $payload i32) (param $length i32)
    (memory.copy (local.get $to) (local.get $payload) (local.get $length)))

  ;; `status`, after the value of a yes was copied out of the library's region; 2 when there is no room for it.
  (func $give
    (param $status i32) (param $payload i32) (param $room i32) (param $output i32) (param $size i32) (result i32)
    (if (i32.gt_u (local.get $size) (local.get $room)) (then (return (i32.const 2))))
    (if (i32.eq (local.get $status) (i32.const 1))
      (then (memory.copy (local.get $payload) (local.get $output) (local.get $size))))
    (local.get $status))

  (func $hash (param $operation i32) (param $payload i32) (param $length i32) (param $room i32) (result i32)
    (if (i32.eqz (local.get $operation)) (then (return (call $secp256k1_prepare (i32.const 0) (i32.const 0)))))
    (if (i32.eq (local.get $operation) (i32.const 1))
      (then
        (call $sha256_begin)
        (call $sha256 (local.get $payload) (local.get $length))
        (return
          (call $give
            (i32.const 1) (local.get $payload) (local.get $room)
            (i32.add (global.get $sha256) (global.get $sha256_output)) (i32.const 32)))))
    (if (i32.eq (local.get $operation) (i32.const 2))
      (then
        (call $sha512 (local.get $payload) (local.get $length))
        (return
          (call $give
            (i32.const 1) (local.get $payload) (local.get $room)
            (i32.add (global.get $sha512) (global.get $sha512_output)) (i32.const 64)))))
    (if (i32.eq (local.get $operation) (i32.const 3))
      (then
        (call $keccak256 (local.get $payload) (local.get $length))
        (return
          (call $give
            (i32.const 1) (local.get $payload) (local.get $room)
            (i32.add (global.get $keccak) (global.get $keccak_output)) (i32.const 32)))))
    (if (i32.eq (local.get $operation) (i32.const 4))
      (then
        (call $ripemd160 (local.get $payload) (local.get $length))
        (return
          (call $give
            (i32.const 1) (local.get $payload) (local.get $room)
            (i32.add (global.get $ripemd160) (global.get $ripemd160_output)) (i32.const 20)))))
    (if (i32.eq (local.get $operation) (i32.const 5))
      (then
        (call $sha224_begin)
        (call $sha256 (local.get $payload) (local.get $length))
        (return
          (call $give
            (i32.const 1) (local.get $payload) (local.get $room)
            (i32.add (global.get $sha256) (global.get $sha256_output)) (i32.const 28)))))
    (i32.const 2))

  ;; Begun before, as SHA-256 or SHA-224.
  (func $sha256 (param $at i32) (param $left i32)
    (local $part i32)
    (loop $parts
      (local.set $part (call $least (local.get $left) (global.get $sha256_input_size)))
      (call $put (i32.add (global.get $sha256) (global.get $sha256_input)) (local.get $at) (local.get $part))
      (call $sha256_update (local.get $part))
      (local.set $at (i32.add (local.get $at) (local.get $part)))
      (br_if $parts (local.tee $left (i32.sub (local.get $left) (local.get $part)))))
    (call $sha256_end))

  (func $sha512 (param $at i32) (param $left i32)
    (local $part i32)
    (call $sha512_begin)
    (loop $parts
      (local.set $part (call $least (local.get $left) (global.get $sha512_input_size)))
      (call $put (i32.add (global.get $sha512) (global.get $sha512_input)) (local.get $at) (local.get $part))
      (call $sha512_update (local.get $part))
      (local.set $at (i32.add (local.get $at) (local.get $part)))
      (br_if $parts (local.tee $left (i32.sub (local.get $left) (local.get $part)))))
    (call $sha512_end))

  (func $keccak256 (param $at i32) (param $left i32)
    (local $part i32)
    (call $keccak256_begin)
    (loop $parts
      (local.set $part (call $least (local.get $left) (global.get $keccak_input_size)))
      (call $put (i32.add (global.get $keccak) (global.get $keccak_input)) (local.get $at) (local.get $part))
      (call $keccak256_update (local.get $part))
      (local.set $at (i32.add (local.get $at) (local.get $part)))
      (br_if $parts (local.tee $left (i32.sub (local.get $left) (local.get $part)))))
    (call $keccak256_end))

  (func $ripemd160 (param $at i32) (param $left i32)
    (local $part i32)
    (call $ripemd160_begin)
    (loop $parts
      (local.set $part (call $least (local.get $left) (global.get $ripemd160_input_size)))
      (call $put (i32.add (global.get $ripemd160) (global.get $ripemd160_input)) (local.get $at) (local.get $part))
      (call $ripemd160_update (local.get $part))
      (local.set $at (i32.add (local.get $at) (local.get $part)))
      (br_if $parts (local.tee $left (i32.sub (local.get $left) (local.get $part)))))
    (call $ripemd160_end))

  (func $least (param $a i32) (param $b i32) (result i32)
    (select (local.get $a) (local.get $b) (i32.lt_u (local.get $a) (local.get $b))))

  (func $answer_secp256k1
    (param $operation i32) (param $argument i32) (param $payload i32) (param $length i32) (param $room i32) (result i32)
    (local $output i32)
    (local.set $output (i32.add (global.get $secp256k1) (global.get $secp256k1_output)))
    ;; No payload of this library is longer than a digest, a signature and an uncompressed key.
    (if (i32.gt_u (local.get $length) (i32.const 161)) (then (return (i32.const 2))))
    (call $put (i32.add (global.get $secp256k1) (global.get $secp256k1_input)) (local.get $payload) (local.get $length))
    (if (i32.and (i32.eq (local.get $operation) (i32.const 16))
          (call $either (local.get $length) (i32.const 129) (i32.const 161)))
      (then (return (call $ecdsa_verify (local.get $length) (local.get $argument)))))
    (if (i32.and (i32.eq (local.get $operation) (i32.const 17))
          (call $either (local.get $length) (i32.const 129) (i32.const 161)))
      (then
        (return
          (call $give
            (call $find_parity (local.get $length) (local.get $argument))
            (local.get $payload) (local.get $room) (local.get $output) (i32.const 1)))))
    (if (i32.and (i32.eq (local.get $operation) (i32.const 18))
          (call $either (local.get $length) (i32.const 96) (i32.const 96)))
      (then
        (return
          (call $give
            (call $recover (local.get $length) (local.get $argument))
            (local.get $payload) (local.get $room) (local.get $output) (i32.const 65)))))
    (if (i32.and (i32.eq (local.get $operation) (i32.const 19))
          (call $either (local.get $length) (i32.const 128) (i32.const 128)))
      (then (return (call $schnorr_verify (local.get $length) (local.get $argument)))))
    (if (i32.and (i32.eq (local.get $operation) (i32.const 20))
          (call $either (local.get $length) (i32.const 33) (i32.const 65)))
      (then
        (return
          (call $give
            (call $decompress (local.get $length) (local.get $argument))
            (local.get $payload) (local.get $room) (local.get $output) (i32.const 65)))))
    (if (i32.and (i32.eq (local.get $operation) (i32.const 21))
          (call $either (local.get $length) (i32.const 65) (i32.const 97)))
      (then
        (return
          (call $give
            (call $add_tweak (local.get $length) (local.get $argument))
            (local.get $payload) (local.get $room) (local.get $output) (i32.const 33)))))
    (if (i32.and (i32.eq (local.get $operation) (i32.const 22))
          (call $either (local.get $length) (i32.const 128) (i32.const 128)))
      (then
        (return
          (call $give
            (call $add_points (local.get $length) (local.get $argument))
            (local.get $payload) (local.get $room) (local.get $output) (i32.const 64)))))
    (i32.const 2))

  (func $either (param $value i32) (param $a i32) (param $b i32) (result i32)
    (i32.or (i32.eq (local.get $value) (local.get $a)) (i32.eq (local.get $value) (local.get $b))))
)
