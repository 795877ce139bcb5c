using System.CommandLine;
using System.Globalization;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.CrossChain;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Commands;

/// <summary>
/// `account show`: one net margin of a holder's accounts over all configured chains, read now, and how far they are from liquidation. The
/// net margin is of all of them together; the contracts liquidate each account on its own, so each one's own health stands beside it.
/// </summary>
internal static class AccountShowCommand
{
    private const double HorizonDays = 1;

    /// <param name="Standing">as in `account list`</param>
    private sealed record Own(ChainId Chain, string Account, string? Health, string Standing, ulong Block, bool Silent);

    /// <param name="LastKnownBlock">of the journal, which stands in for the chain; null where nothing of it counts</param>
    private sealed record Unread(ChainId Chain, string Problem, ulong? LastKnownBlock);

    /// <param name="AsOf">newest chain time of any block read, from which ages are counted</param>
    private sealed record Shown(
        string Account, DateTimeOffset AsOf, CrossMarginResult Margin, IReadOnlyList<Own> Accounts, IReadOnlyList<Unread> Unread, IReadOnlyList<string> Notes);

    public static Command Build()
    {
        var configuration = CommandOptions.Configuration();
        var chain = CommandOptions.Chain();
        var output = CommandOptions.Output();
        var account = new Argument<string>("account") { Description = "OWNER for all accounts of an owner, OWNER:NUMBER for one number on every chain, or the 32-byte id." };
        var command = new Command("show", "One net margin of a holder's accounts over all chains, read now, and how far they are from liquidation.")
        {
            account, configuration, chain, output,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(account), parsed.GetRequiredValue(configuration), parsed.GetValue(chain), parsed.GetValue(output), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string text, string[] files, ulong? only, OutputFormat format, CancellationToken cancellationToken)
    {
        var (id, problem) = AccountId.Parse(text);
        if (problem is not null)
        {
            await Console.Error.WriteLineAsync($"{problem}. Accounts are an OWNER, OWNER:NUMBER, or the 32-byte id.");
            return ExitCode.Usage;
        }

        if (CommandOptions.Load(files, ConfigurationUse.ReadOnly) is not { } options)
        {
            return ExitCode.ConfigurationInvalid;
        }

        if (CommandOptions.Select(options, only) is not { } chosen)
        {
            return ExitCode.Usage;
        }

        var owner = new Address(id.ToBytes().AsSpan(0, 20));
        var whole = text.Length != 66 && !text.Contains(':', StringComparison.Ordinal);
        bool IsHeld(AccountSnapshot account) => whole ? account.Owner == owner : account.Account == id;
        var chains = await LinkedChains.ReadAsync(options with { Chains = chosen }, IsHeld, cancellationToken);
        foreach (var unread in chains.Unread)
        {
            await Console.Error.WriteLineAsync($"Chain {unread.Chain} cannot be read, {Standing(unread)}: {unread.Problem}");
        }

        if (chains.Seen.Count == 0)
        {
            return ExitCode.RemoteUnavailable;
        }

        if (!chains.Seen.Any(seen => seen.Snapshot.Accounts.Any(IsHeld)))
        {
            var where = string.Join(", ", chains.Seen.Select(seen => seen.Snapshot.Chain));
            await Console.Error.WriteLineAsync($"{(whole ? Eip55.Format(owner) : AccountId.Format(id))} has no account on chain {where}. See `keeperoracle account list`.");
            return ExitCode.Failed;
        }

        try
        {
            Print(Show(whole ? Eip55.Format(owner) : AccountId.Format(id), chains, IsHeld), format);
        }
        catch (RiskInputException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return ExitCode.Failed;
        }

        return chains.Unread.Count == 0 ? ExitCode.Ok : ExitCode.Degraded;
    }

    private static Shown Show(string account, LinkedChains chains, Func<AccountSnapshot, bool> isHeld)
    {
        var linked = LinkedSnapshots.Of(chains.Seen, isHeld, chains.Now);
        var assessment = CrossChainMargin.Assess(linked);
        var distance = CrossChainDistance.Of(assessment, null, HorizonDays / 365);
        return new Shown(
            account,
            DateTimeOffset.FromUnixTimeSeconds((long)chains.Now),
            CrossMarginResult.Of(linked, assessment, distance, HorizonDays),
            [.. chains.Seen.SelectMany(seen => seen.Snapshot.Accounts.Where(isHeld).Select(held => ToOwn(seen, held)))],
            [.. chains.Unread.Select(unread => new Unread(unread.Chain, unread.Problem, unread.LastKnown?.Number))],
            [.. Notes(chains, assessment)]);
    }

    private static Own ToOwn(SeenChain seen, AccountSnapshot held)
    {
        var health = SnapshotValuation.Value(seen.Snapshot, held).Health;
        return new Own(
            seen.Snapshot.Chain,
            AccountId.Format(held.Owner, held.Number),
            health is { } value ? Display.Ratio(value) : null,
            AccountCommand.Standing(seen.Snapshot, held),
            seen.Snapshot.Block.Number,
            seen.Silent);
    }

    private static IEnumerable<string> Notes(LinkedChains chains, CrossChainAssessment assessment)
    {
        if (assessment.KnownRequirement > 0)
        {
            yield return "Options are known by what their contract asks for: in the distances their requirement stands still.";
        }

        if (chains.Seen.Any(seen => seen.Liens?.Any(lien => lien.SwapUnderWay) is true))
        {
            yield return "A lien is being swapped: what its order brings counts with the hub, and not here.";
        }
    }

    private static string Standing(UnreadChain unread) => unread.LastKnown is { } block
        ? string.Create(CultureInfo.InvariantCulture, $"its state of block {block.Number} in the journal stands in")
        : "and nothing of it counts";

    private static void Print(Shown shown, OutputFormat format)
    {
        if (format != OutputFormat.Table)
        {
            Output.Json(shown, Console.Out, indented: format == OutputFormat.Json);
            return;
        }

        Console.Out.WriteLine($"{shown.Account} as of {shown.AsOf.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} (chain time)");
        CrossMarginResult.Print(shown.Margin);
        Output.Table(
            ["chain", "account", "own health", "standing", "block"],
            shown.Accounts.Select(own => new[]
            {
                own.Silent ? $"{own.Chain} (silent)" : own.Chain.ToString(), own.Account, own.Health ?? "-", own.Standing, own.Block.ToString(CultureInfo.InvariantCulture),
            }));
        Console.Out.WriteLine("Contracts liquidate each account on its own; the margin above is of all together.");
        foreach (var note in shown.Notes)
        {
            Console.Out.WriteLine(note);
        }
    }
}
