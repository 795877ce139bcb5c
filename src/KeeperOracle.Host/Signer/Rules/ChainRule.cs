using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>The policy has an entry for this account on this chain.</summary>
internal static class ChainRule
{
    public static SignRefusal? Check(TransactionPolicy? entry, Address from, Eip1559Transaction transaction) => entry is null
        ? new SignRefusal(SignRefusalCode.ChainNotAllowed, $"{Eip55.Format(from)} may send nothing on chain {transaction.ChainId}")
        : null;
}
