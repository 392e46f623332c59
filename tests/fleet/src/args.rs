//! The command line.

use core::time::Duration;

use crate::stores::Store;

pub(crate) const HELP: &str = "\
gatepass-fleet: many processes on one grant, one of them killed each second, the store restarted in the middle

  --stores LIST     of file, redis, postgres, oauth2 (default: all); oauth2 is the comparison
  --processes N     at a time (default 16)
  --rotations N     of a round (default 220)
  --minutes N       rounds until so many minutes are spent, shared by the stores (default: one round each)
  --lease SECONDS   default 6; longer than the store is away, and than the machine ever stalls
  --seed N          of what is chosen at random (default 1)
";

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) stores: Vec<Store>,
    pub(crate) processes: usize,
    pub(crate) rotations: u64,
    pub(crate) minutes: u64,
    pub(crate) lease: Duration,
    pub(crate) seed: u64,
}

/// `None` when help is asked for.
pub(crate) fn parse(arguments: &[String]) -> Result<Option<Args>, String> {
    let lease = Duration::from_secs(6);
    let mut args = Args { stores: Store::ALL.to_vec(), processes: 16, rotations: 220, minutes: 0, lease, seed: 1 };
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        if name == "--help" {
            return Ok(None);
        }
        let value = rest.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().ok().filter(|number| *number > 0).ok_or_else(|| format!("{name} needs a number"));
        match name.as_str() {
            "--stores" => args.stores = value.split(',').map(Store::named).collect::<Result<_, _>>()?,
            "--processes" => args.processes = usize::try_from(number()?).map_err(|error| error.to_string())?,
            "--rotations" => args.rotations = number()?,
            "--minutes" => args.minutes = number()?,
            "--lease" => args.lease = Duration::from_secs(number()?),
            "--seed" => args.seed = number()?,
            other => return Err(format!("{other} is no option")),
        }
    }
    Ok(Some(args))
}
