using System.Globalization;
using KeeperOracle.Simulation;

// scripts/simulate: many seeds, or one seed with everything that happened.
if (args is ["--replay", var one])
{
    var replayed = new World(ulong.Parse(one, CultureInfo.InvariantCulture), Console.Out).Play();
    Console.WriteLine(replayed);
    return replayed.IsGood ? 0 : 1;
}

if (args is not ["--seeds", var count, .. var rest] || !ulong.TryParse(count, CultureInfo.InvariantCulture, out var seeds) || (rest is not [] && rest is not ["--from", _]))
{
    Console.Error.WriteLine("Give --seeds COUNT [--from SEED], or --replay SEED.");
    return 2;
}

var from = rest is ["--from", var first] ? ulong.Parse(first, CultureInfo.InvariantCulture) : 1;
var result = Campaign.Run(from, seeds);
foreach (var bad in result.Bad.Take(20))
{
    Console.WriteLine($"seed {bad.Seed}: {string.Join("; ", bad.Faults)}");
}

Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{seeds} runs, {result.Bad.Count} bad; {result.Events} events, {result.Landed} liquidations, {result.Crashes} crashes, {result.Reorganisations} reorganisations"));
return result.Bad.Count == 0 ? 0 : 1;
