namespace KeeperOracle.ChaosProxy.Faults;

/// <param name="Name">as a rule calls it</param>
/// <param name="Methods">the pattern of methods where a rule names none</param>
/// <param name="Read">reads what only this fault has; throws <see cref="FormatException"/></param>
internal sealed record FaultKind(string Name, string Methods, Func<RuleFields, Fault> Read);

/// <summary>The one list of faults.</summary>
internal static class FaultCatalogue
{
    private const string Raw = "eth_sendRawTransaction";

    public static IReadOnlyList<FaultKind> Kinds { get; } =
    [
        new("reset", "*", _ => new Reset()),
        new("hang", "*", _ => new Hang()),
        new("delay", "*", Delay.Read),
        new("status", "*", Status.Read),
        new("truncate", "*", Truncate.Read),
        new("notJson", "*", NotJson.Read),
        new("wrongId", "*", _ => new WrongId()),
        new("duplicate", "*", _ => new Duplicate()),
        new("huge", "*", Huge.Read),
        new("error", "*", ErrorReply.Read),
        new("lag", "*", Lag.Read),
        new("lie", "*", Lie.Read),
        new("chainId", "*", WrongChain.Read),
        new("stalePending", "eth_getTransactionCount", StalePending.Read),
        new("empty", "eth_call", _ => new ShortResult(0)),
        new("short", "eth_call", ShortResult.Read),
        new("swallowRequest", Raw, _ => new SwallowRequest()),
        new("swallowReply", Raw, SwallowReply.Read),
        new("drop", Raw, _ => new DropTransaction()),
    ];

    public static FaultKind? Find(string name) => Kinds.FirstOrDefault(kind => kind.Name == name);
}
