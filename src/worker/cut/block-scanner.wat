;; The record scan of a part, 64 bytes at a time. `npm run scanner` writes block-scanner-program.ts from it.
;;
;; Of 64 bytes those that are quotes make a mask of 64 bits. XORed with itself, shifted by 1, 2, 4, 8, 16 and 32, it says of
;; each byte whether an odd number of quotes stands before or at it: that byte is within quotes. A line end that is not ends
;; a record. A quote that opens where neither a delimiter nor a line end nor another quote stands before it is odd, and so is
;; one that closes where none of them, nor a carriage return, stands behind it: the caller looks at them. (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019, section 3.1.)
(module
  (import "slabs" "memory" (memory 1 65536))
  ;; What the last scan found. `recordEnd` is an address; it and linesAtRecordEnd mean nothing where records is 0.
  (global $records (export "records") (mut i32) (i32.const 0))
  (global $lines (export "lines") (mut i32) (i32.const 0))
  (global $recordEnd (export "recordEnd") (mut i32) (i32.const 0))
  (global $hasOddQuote (export "hasOddQuote") (mut i32) (i32.const 0))
  (global $linesAtRecordEnd (export "linesAtRecordEnd") (mut i32) (i32.const 0))

  ;; Bit n: byte n of the 64 at `at` is the one that fills `byte`.
  (func $matches (param $at i32) (param $byte v128) (result i64)
    (i64.or
      (i64.or
        (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load (local.get $at)) (local.get $byte))))
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load offset=16 (local.get $at)) (local.get $byte)))) (i64.const 16)))
      (i64.or
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load offset=32 (local.get $at)) (local.get $byte)))) (i64.const 32))
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load offset=48 (local.get $at)) (local.get $byte)))) (i64.const 48)))))

  ;; Scans whole blocks from `at` to `end`, of which the last may reach beyond it. `beginsField`: what stands before `at` is a
  ;; delimiter, a line end, a quote or nothing. `followsClose`: what stands before it is a quote that closes. Answers whether it
  ;; ends within quotes.
  (func (export "scan") (param $at i32) (param $end i32) (param $quote i32) (param $delimiter i32) (param $lineEnd i32)
    (param $inQuotes i32) (param $beginsField i32) (param $followsClose i32) (result i32)
    (local $quotes v128) (local $delimiters v128) (local $ends v128) (local $quoteMask i64) (local $before i64) (local $oddMask i64)
    (local $beforeCarry i64) (local $inside i64) (local $carry i64) (local $lineMask i64) (local $recordMask i64) (local $last i64)
    (local $returns v128) (local $closes i64) (local $closeCarry i64)
    (local.set $returns (i8x16.splat (i32.const 13)))
    (local.set $closeCarry (i64.extend_i32_u (local.get $followsClose)))
    (local.set $quotes (i8x16.splat (local.get $quote)))
    (local.set $delimiters (i8x16.splat (local.get $delimiter)))
    (local.set $beforeCarry (i64.extend_i32_u (local.get $beginsField)))
    (local.set $ends (i8x16.splat (local.get $lineEnd)))
    (local.set $carry (i64.sub (i64.const 0) (i64.extend_i32_u (local.get $inQuotes))))
    (global.set $records (i32.const 0))
    (global.set $lines (i32.const 0))
    (global.set $recordEnd (i32.const 0))
    (global.set $hasOddQuote (i32.const 0))
    (global.set $linesAtRecordEnd (i32.const 0))
    (block $done
      (loop $blocks
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $quoteMask (call $matches (local.get $at) (local.get $quotes)))
        (local.set $inside (i64.xor (local.get $quoteMask) (i64.shl (local.get $quoteMask) (i64.const 1))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 2))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 4))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 8))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 16))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 32))))
        (local.set $inside (i64.xor (local.get $inside) (local.get $carry)))
        (local.set $carry (i64.shr_s (local.get $inside) (i64.const 63)))
        (local.set $lineMask (call $matches (local.get $at) (local.get $ends)))
        (local.set $before
          (i64.or (call $matches (local.get $at) (local.get $delimiters)) (i64.or (local.get $lineMask) (local.get $quoteMask))))
        (local.set $oddMask
          (i64.or (local.get $oddMask)
            (i64.and
              (i64.and (local.get $quoteMask) (local.get $inside))
              (i64.xor (i64.const -1) (i64.or (local.get $beforeCarry) (i64.shl (local.get $before) (i64.const 1)))))))
        (local.set $beforeCarry (i64.shr_u (local.get $before) (i64.const 63)))
        (local.set $closes (i64.and (local.get $quoteMask) (i64.xor (local.get $inside) (i64.const -1))))
        (local.set $oddMask
          (i64.or (local.get $oddMask)
            (i64.and
              (i64.or (local.get $closeCarry) (i64.shl (local.get $closes) (i64.const 1)))
              (i64.xor (i64.const -1) (i64.or (local.get $before) (call $matches (local.get $at) (local.get $returns)))))))
        (local.set $closeCarry (i64.shr_u (local.get $closes) (i64.const 63)))
        (local.set $recordMask (i64.and (local.get $lineMask) (i64.xor (local.get $inside) (i64.const -1))))
        (if (i64.ne (local.get $recordMask) (i64.const 0))
          (then
            (local.set $last (i64.sub (i64.const 63) (i64.clz (local.get $recordMask))))
            (global.set $records (i32.add (global.get $records) (i32.wrap_i64 (i64.popcnt (local.get $recordMask)))))
            (global.set $recordEnd (i32.add (local.get $at) (i32.add (i32.wrap_i64 (local.get $last)) (i32.const 1))))
            (global.set $linesAtRecordEnd
              (i32.add (global.get $lines)
                (i32.wrap_i64 (i64.popcnt (i64.and (local.get $lineMask) (i64.shr_u (i64.const -1) (i64.sub (i64.const 63) (local.get $last))))))))))
        (global.set $lines (i32.add (global.get $lines) (i32.wrap_i64 (i64.popcnt (local.get $lineMask)))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $blocks)))
    (global.set $hasOddQuote (i64.ne (local.get $oddMask) (i64.const 0)))
    (i32.wrap_i64 (i64.and (local.get $carry) (i64.const 1)))))
