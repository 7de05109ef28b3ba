//! A generated `klippy.log` of a printing printer: `Stats` lines in the order and with the digits that Klipper gives them.

use std::fmt::Write as _;

/// The `Stats` lines of some seconds, of a printer with this many controllers: the first, a tool head on a bus, and the
/// printer's computer as one.
pub fn stats(controllers: usize, seconds: u32) -> Vec<String> {
    (0..seconds).map(|second| line(controllers, second)).collect()
}

/// One line; the first is of monotonic time 30.
pub fn line(controllers: usize, second: u32) -> String {
    const NAMES: [(&str, u64); 3] = [("mcu", 180_000_206), ("toolhead", 63_999_941), ("rpi", 49_999_982)];
    let (wave, count) = (second % 10, u64::from(second));
    let mut out = String::with_capacity(2048);
    // Writing to a string cannot fail.
    let _ = write!(out, "Stats {}.{wave}: gcodein=0  ", 30 + second);
    for (name, frequency) in NAMES.iter().take(controllers) {
        let _ = write!(
            out,
            concat!(
                "{name}: mcu_awake=0.03{wave} mcu_task_avg=0.00001{wave} mcu_task_stddev=0.00002{wave} bytes_write={write} ",
                "bytes_read={read} bytes_retransmit=9 bytes_invalid=0 send_seq={seq} receive_seq={seq} retransmit_seq=2 ",
                "srtt=0.00{wave} rttvar=0.000 rto=0.025 ready_bytes=0 upcoming_bytes={wave}4 freq={frequency} {adjusted}"
            ),
            name = name,
            wave = wave,
            write = 1_840_213 + count * 311,
            read = 731_908 + count * 97,
            seq = 61_023 + count * 7,
            frequency = frequency,
            adjusted = if *name == "mcu" { String::new() } else { format!("adj={} ", frequency + 11) },
        );
    }
    if controllers > 1 {
        out.push_str("canstat_toolhead: bus_state=active rx_error=0 tx_error=0 tx_retries=0 ");
    }
    let _ = write!(
        out,
        concat!(
            " sd_pos={position} heater_bed: target=60 temp=60.{wave} pwm=0.21{wave} RPi: temp=48.{wave} ",
            "MCU_temp: temp=39.{wave} chamber: temp=31.{wave} print_time={print}.{wave}53 buffer_time=2.1{wave}7 ",
            "print_stall=0 extruder: target=215 temp=214.{wave} pwm=0.36{wave} sysload=0.4{wave} ",
            "cputime={print}.012 memavail=3{wave}78236"
        ),
        position = 80_935 + count * 412,
        wave = wave,
        print = 2_983 + count,
    );
    out
}

#[cfg(test)]
mod tests {
    use catalog::{Salt, Timestamp};
    use parsers::{Context, Family, Line, LogParser, Output};

    use super::*;

    #[test]
    fn a_line_has_a_real_lines_size() {
        let sizes = [1, 3].map(|controllers| stats(controllers, 20)[19].len());
        assert!((500..700).contains(&sizes[0]) && (1000..1300).contains(&sizes[1]), "{sizes:?}");
    }

    #[test]
    fn every_line_is_read_to_its_end() {
        let salt = Salt::new([7; 16]);
        let place = salt.source(&[]).place(0, 0);
        let mut parser = LogParser::new(Family::Klippy, Context { salt, zone: jiff::tz::TimeZone::UTC });
        for (controllers, readings) in [(1, 19), (3, 32)] {
            for line in stats(controllers, 20) {
                let mut output = Output::default();
                let line = Line { text: line.as_bytes(), place, fallback_time: Timestamp(0) };
                parser.line(&line, &mut output);
                let left = (output.readings.len(), output.refused.len(), output.unmatched.len());
                assert_eq!(left, (readings, 0, 0));
            }
        }
    }
}
