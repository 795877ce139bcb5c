using System.Text.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Signers;

/// <summary>A key in another process. What it answers is held against what was asked.</summary>
public sealed class RemoteSigner : ISigner
{
    /// <summary>JSON-RPC code of a refusal by our signer's policy; its message is the rule's name, a colon, and words.</summary>
    public const int PolicyRefusalCode = -32010;

    /// <summary>Code of Web3Signer, and of ours, for an account it does not hold.</summary>
    public const int UnknownAccountCode = -32000;

    private static readonly TimeSpan UsualDeadline = TimeSpan.FromSeconds(5);
    private readonly string _name;
    private readonly HttpMessageHandler _handler;
    private readonly HttpRpc _rpc;

    /// <param name="name">in messages</param>
    /// <param name="connection">where it listens</param>
    /// <param name="address">whose signatures are wanted</param>
    /// <param name="token">bearer token; null for none</param>
    /// <param name="deadline">of one question; null for 5 s</param>
    /// <param name="time">the clock of deadlines; null for the system's</param>
    public RemoteSigner(
        string name, SignerConnection connection, Address address, string? token = null, TimeSpan? deadline = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        (_name, Address) = (name, address);
        var limit = deadline ?? UsualDeadline;
        _handler = connection.Open(token);
        // No circuit: a signer that comes back is needed at once, and each question to one that is gone ends by itself.
        var options = new HttpRpcOptions { TotalDeadline = limit, AttemptTimeout = limit, MaxReplyBytes = 1 << 20, CircuitMinimumCalls = int.MaxValue };
        _rpc = new HttpRpc(name, connection.Url, options, time, _handler, token);
    }

    public Address Address { get; }

    public bool Remembers => true;

    /// <summary>The accounts it holds keys of. Throws <see cref="RpcException"/>.</summary>
    public async Task<IReadOnlyList<Address>> GetAccountsAsync(CancellationToken ct) =>
        [.. EthJson.Items(await _rpc.SendAsync("eth_accounts", ct)).Select(EthJson.Address)];

    public async Task<SigningOutcome<SignedTransaction>> SignAsync(Eip1559Transaction transaction, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var (reply, refusal) = await AskAsync("eth_signTransaction", ct, TransactionWire.Write(Address, transaction));
        return refusal is null ? Check(transaction, reply) : new SigningOutcome<SignedTransaction>(null, refusal);
    }

    public async Task<SigningOutcome<SignedObservation>> SignAsync(ChainId chain, Address verifier, Observation observation, CancellationToken ct)
    {
        var document = ObservationTypedData.Write(chain, verifier, observation);
        var (reply, refusal) = await AskAsync("eth_signTypedData", ct, Address.ToString(), document);
        return refusal is null
            ? Check(ObservationDigest.Compute(chain, verifier, observation), observation, reply)
            : new SigningOutcome<SignedObservation>(null, refusal);
    }

    public void Dispose()
    {
        _rpc.Dispose();
        _handler.Dispose();
    }

    private SigningOutcome<SignedTransaction> Check(Eip1559Transaction asked, JsonElement reply)
    {
        SignedTransaction signed;
        try
        {
            signed = Eip1559Transaction.Decode(EthJson.Bytes(reply));
        }
        catch (Exception problem) when (problem is FormatException or OverflowException or RpcException)
        {
            return new(null, Refusal(SignerFailure.Malformed, Words(problem)));
        }

        return Difference(asked, signed.Transaction) is { } field ? new(null, Refusal(SignerFailure.WrongField, $"it signed another {field} than was asked"))
            : signed.Sender != Address ? new(null, WrongSigner(signed.Sender))
            : new(signed, null);
    }

    private SigningOutcome<SignedObservation> Check(Hash32 digest, Observation observation, JsonElement reply)
    {
        try
        {
            var bytes = EthJson.Bytes(reply);
            var signer = SignatureRecovery.Recover(digest, Signature.FromBytes65(bytes));
            return signer == Address ? new(new SignedObservation(observation, bytes), null) : new(null, WrongSigner(signer));
        }
        catch (Exception problem) when (problem is FormatException or RpcException)
        {
            return new(null, Refusal(SignerFailure.Malformed, Words(problem)));
        }
    }

    /// <summary>The first field that differs, by name.</summary>
    private static string? Difference(Eip1559Transaction asked, Eip1559Transaction signed) =>
        signed.ChainId != asked.ChainId ? "chain id"
        : signed.Nonce != asked.Nonce ? "nonce"
        : signed.MaxPriorityFeePerGas != asked.MaxPriorityFeePerGas ? "priority fee"
        : signed.MaxFeePerGas != asked.MaxFeePerGas ? "fee"
        : signed.GasLimit != asked.GasLimit ? "gas limit"
        : signed.To != asked.To ? "target"
        : signed.Value != asked.Value ? "value"
        : !signed.Data.AsSpan().SequenceEqual(asked.Data) ? "data"
        : signed.AccessList.Count > 0 ? "access list"
        : signed.SigningHash() != asked.SigningHash() ? "transaction"
        : null;

    private async Task<(JsonElement Reply, SignerRefusal? Refusal)> AskAsync(string method, CancellationToken ct, params object?[] parameters)
    {
        try
        {
            return (await _rpc.SendAsync(method, ct, parameters), null);
        }
        catch (RpcException problem)
        {
            return (default, Refusal(problem));
        }
    }

    private SignerRefusal Refusal(RpcException problem) => problem.Kind switch
    {
        RpcFailure.Transport when problem.Code is 401 or 403 => Refusal(SignerFailure.Unauthorized, problem.Problem),
        RpcFailure.Transport or RpcFailure.RateLimited or RpcFailure.CircuitOpen => Refusal(SignerFailure.Unreachable, problem.Problem),
        RpcFailure.Timeout => Refusal(SignerFailure.TimedOut, problem.Problem),
        RpcFailure.MalformedReply => Refusal(SignerFailure.Malformed, problem.Problem),
        RpcFailure.ErrorReply when problem.Code == UnknownAccountCode => Refusal(SignerFailure.UnknownAccount, problem.Problem),
        RpcFailure.ErrorReply when problem.Code == PolicyRefusalCode && problem.Problem.Split(": ", 2) is [var rule, var words] =>
            new SignerRefusal(SignerFailure.Refused, _name, rule, words),
        RpcFailure.ErrorReply => Refusal(SignerFailure.Refused, problem.Problem),
        _ => throw new ArgumentOutOfRangeException(nameof(problem), problem.Kind, "No such failure."),
    };

    private SignerRefusal WrongSigner(Address signer) =>
        Refusal(SignerFailure.WrongSigner, $"it signed with the key of {Eip55.Format(signer)}, not of {Eip55.Format(Address)}");

    private SignerRefusal Refusal(SignerFailure kind, string detail) => new(kind, _name, "", detail);

    private static string Words(Exception problem) => problem is RpcException rpc ? rpc.Problem : problem.Message;
}
