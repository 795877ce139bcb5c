using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Journal;

/// <summary>A signature that is about to be asked for, with all that its bytes will be written down with.</summary>
/// <param name="IntentId">the intent that gets further bytes; null where the bytes make a new one</param>
/// <param name="ActionJson">of a new intent</param>
/// <param name="Block">of a new intent: the head at which it was decided</param>
/// <param name="SignedAt">host seconds</param>
public sealed record SigningPlan(
    Address Signer, Eip1559Transaction Transaction, bool IsCancel, long? IntentId, SendRequest Request, string ActionJson, ulong Block, ulong SignedAt)
{
    /// <summary>As the journal keeps it.</summary>
    public string ToJson() => new JsonObject
    {
        ["signer"] = Signer.ToString(),
        ["chain"] = Number(Transaction.ChainId.Value),
        ["nonce"] = Number(Transaction.Nonce),
        ["tip"] = Number(Transaction.MaxPriorityFeePerGas),
        ["fee"] = Number(Transaction.MaxFeePerGas),
        ["gas"] = Number(Transaction.GasLimit),
        ["to"] = Transaction.To?.ToString(),
        ["value"] = Number(Transaction.Value),
        ["data"] = Hex.FromBytes(Transaction.Data),
        ["cancels"] = IsCancel,
        ["intent"] = IntentId is { } id ? Number(id) : null,
        ["purpose"] = Request.Purpose,
        ["priority"] = (int)Request.Priority,
        ["cause"] = Request.Cause,
        ["worth"] = Number(Request.Worth),
        ["deadline"] = Number(Request.Deadline),
        ["dataFee"] = Number(Request.DataFee),
        ["action"] = ActionJson,
        ["block"] = Number(Block),
        ["signedAt"] = Number(SignedAt),
    }.ToJsonString();

    /// <exception cref="JournalException">it is not what <see cref="ToJson"/> writes</exception>
    public static SigningPlan FromJson(string json)
    {
        try
        {
            var plan = JsonNode.Parse(json)!.AsObject();
            string Text(string name) => plan[name]!.GetValue<string>();
            BigInteger Whole(string name) => BigInteger.Parse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture);
            return new SigningPlan(
                Address.FromHex(Text("signer")),
                new Eip1559Transaction(
                    new ChainId((ulong)Whole("chain")),
                    (ulong)Whole("nonce"),
                    Whole("tip"),
                    Whole("fee"),
                    (ulong)Whole("gas"),
                    plan["to"] is null ? null : Address.FromHex(Text("to")),
                    Whole("value"),
                    Hex.ToBytes(Text("data"))),
                plan["cancels"]!.GetValue<bool>(),
                plan["intent"] is null ? null : (long)Whole("intent"),
                new SendRequest(
                    Text("purpose"), (SendPriority)plan["priority"]!.GetValue<int>(), Text("cause"), Whole("worth"), (ulong)Whole("deadline"))
                {
                    DataFee = Whole("dataFee"),
                },
                Text("action"),
                (ulong)Whole("block"),
                (ulong)Whole("signedAt"));
        }
        catch (Exception broken) when (broken is JsonException or FormatException or NullReferenceException or InvalidOperationException or OverflowException)
        {
            throw new JournalException(JournalFailure.Corrupt, $"The journal holds a plan of a signature that cannot be read: {broken.Message}", broken);
        }
    }

    private static string Number(BigInteger number) => number.ToString(CultureInfo.InvariantCulture);
}
