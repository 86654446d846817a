;; Keccak-256 with the original padding (not SHA3-256) in pieces, over the Wasm of hash-wasm 4.13.0
;; (dist/keccak.umd.min.js), in that module's own address space. It keeps what it has hashed so far in its memory, of
;; which only the 16 KiB message buffer is ours.
(module
  (import "keccak" "memory" (memory 2))
  (import "keccak" "Hash_Init" (func $init (param i32)))
  (import "keccak" "Hash_Update" (func $update (param i32)))
  (import "keccak" "Hash_Final" (func $final (param i32)))

  ;; What Hash_GetBuffer answers; the digest (32 bytes) takes the place of the message's first bytes.
  (global (export "input") i32 (i32.const 65792))
  (global (export "input_size") i32 (i32.const 16384))
  (global (export "output") i32 (i32.const 65792))
  (global (export "pages") i32 (i32.const 2))

  ;; The argument is the digest's size in bits.
  (func (export "keccak256_begin")
    (call $init (i32.const 256)))

  (func (export "keccak256_update") (param $length i32)
    (call $update (local.get $length)))

  ;; The argument is the first byte of the padding; SHA-3 has 6 there.
  (func (export "keccak256_end")
    (call $final (i32.const 1))))
