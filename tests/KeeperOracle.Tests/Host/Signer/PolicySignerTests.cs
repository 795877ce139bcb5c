using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Signer;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Host.Signer;

/// <summary>Each rule without memory, on both sides of its boundary.</summary>
public sealed class PolicySignerTests : SignerFixture
{
    private static readonly Address Attacker = Address.FromHex("0x00000000000000000000000000000000000000ee");

    [Fact]
    public void Sign_AccountWithoutAKey_IsRefused() =>
        Assert.Equal(SignRefusalCode.UnknownAccount, Start().Sign(Attacker, Transaction).Refusal!.Code);

    [Fact]
    public void F52_Sign_AnotherChain_IsRefused() =>
        Assert.Equal(SignRefusalCode.ChainNotAllowed, Ask(Start(), Transaction with { ChainId = new ChainId(1) }));

    [Fact]
    public void Sign_TargetThatIsNotNamed_IsRefused()
    {
        var signer = Start();
        Assert.Equal(SignRefusalCode.TargetNotAllowed, Ask(signer, Transaction with { To = Attacker }));
        Assert.Equal(SignRefusalCode.TargetNotAllowed, Ask(signer, Transaction with { To = null }));
        Assert.Equal(SignRefusalCode.TargetNotAllowed, Ask(signer, Transaction with { To = Attacker, Data = [] }));
        Assert.Null(Ask(signer, Transaction));
    }

    [Fact]
    public void Sign_FunctionThatIsNotNamedForTheTarget_IsRefused()
    {
        var signer = Start();
        Assert.Equal(SignRefusalCode.FunctionNotAllowed, Ask(signer, Transaction with { Data = [1, 2, 3, 5] }));
        Assert.Equal(SignRefusalCode.FunctionNotAllowed, Ask(signer, Transaction with { Data = [1, 2, 3] }));
        Assert.Equal(SignRefusalCode.FunctionNotAllowed, Ask(signer, Transaction with { Data = [] }));
        Assert.Equal(SignRefusalCode.FunctionNotAllowed, Ask(signer, Transaction with { Data = new ERC20.ApproveFunction(Vault, 1).EncodeCall() }));
        Assert.Equal(SignRefusalCode.FunctionNotAllowed, Ask(signer, Transaction with { To = Stable }));
        Assert.Equal(SignRefusalCode.TargetNotAllowed, Ask(signer, Transaction with { To = Account, Data = [1] }));
    }

    [Fact]
    public void Sign_ApprovalOfAnotherSpender_IsRefused()
    {
        var signer = Start();
        var approval = new ERC20.ApproveFunction(Attacker, 1).EncodeCall();
        Assert.Equal(SignRefusalCode.ArgumentNotAllowed, Ask(signer, Transaction with { To = Stable, Data = approval }));
        Assert.Equal(SignRefusalCode.ArgumentNotAllowed, Ask(signer, Transaction with { To = Stable, Data = approval[..35] }));
        Assert.Null(Ask(signer, Transaction with { To = Stable, Data = new ERC20.ApproveFunction(Vault, 1).EncodeCall() }));
    }

    [Fact]
    public void Sign_AnyValue_IsRefused()
    {
        Assert.Equal(SignRefusalCode.ValueNotZero, Ask(Start(), Transaction with { Value = 1 }));
        Assert.Equal(SignRefusalCode.TargetNotAllowed, Ask(Start(), Transaction with { To = Account, Data = [], Value = 1 }));
    }

    [Fact]
    public void Sign_FeeOverItsCeiling_IsRefused()
    {
        var signer = Start();
        var cheap = Transaction with { GasLimit = 10 };
        Assert.Equal(SignRefusalCode.FeeTooHigh, Ask(signer, cheap with { MaxFeePerGas = 101 }));
        Assert.Equal(SignRefusalCode.FeeTooHigh, Ask(signer, cheap with { MaxPriorityFeePerGas = 11 }));
        Assert.Equal(SignRefusalCode.FeeTooHigh, Ask(signer, cheap with { MaxFeePerGas = 9, MaxPriorityFeePerGas = 10 }));
        Assert.Null(Ask(signer, cheap with { MaxFeePerGas = 100, MaxPriorityFeePerGas = 10 }));
    }

    [Fact]
    public void Sign_GasOverItsCeiling_IsRefused()
    {
        Assert.Equal(SignRefusalCode.GasLimitTooHigh, Ask(Start(), Transaction with { GasLimit = 1001 }));
        Assert.Equal(SignRefusalCode.GasLimitTooHigh, Ask(Start(), Transaction with { GasLimit = ulong.MaxValue }));
        Assert.Null(Ask(Start(), Transaction with { GasLimit = 1000 }));
    }

    [Fact]
    public void Sign_WholeFeeOverItsCeiling_IsRefused()
    {
        Assert.Equal(SignRefusalCode.TotalFeeTooHigh, Ask(Start(), Transaction with { MaxFeePerGas = 91 }));
        Assert.Null(Ask(Start(), Transaction with { MaxFeePerGas = 90 }));
    }

    [Fact]
    public void F52_Sign_ObservationForAnotherDomain_IsRefused()
    {
        var signer = Start();
        Assert.Equal(SignRefusalCode.DomainNotAllowed, Ask(signer, Observed, chain: new ChainId(1)));
        Assert.Equal(SignRefusalCode.DomainNotAllowed, Ask(signer, Observed, verifier: Attacker));
        Assert.Equal(SignRefusalCode.MarketNotAllowed, Ask(signer, Observed with { Market = default }));
        Assert.Null(Ask(signer, Observed));
    }

    [Fact]
    public void F52_Sign_ObservationThatIsGoodTooLong_IsRefused()
    {
        var signer = Start();
        Assert.Equal(SignRefusalCode.ValidityWrong, Ask(signer, Observed with { Deadline = Now + 301 }));
        Assert.Equal(SignRefusalCode.ValidityWrong, Ask(signer, Observed with { NotBefore = Now - 1 }));
        Assert.Equal(SignRefusalCode.ValidityWrong, Ask(signer, Observed with { Deadline = Now }));
        Assert.Equal(SignRefusalCode.ValidityWrong, Ask(signer, Observed with { NotBefore = ulong.MaxValue, Deadline = ulong.MaxValue }));
        Assert.Null(Ask(signer, Observed with { Deadline = Now + 1 }));
    }

    [Theory]
    [InlineData(61, false)]
    [InlineData(60, true)]
    [InlineData(-60, true)]
    [InlineData(-61, false)]
    public void F50_Sign_ClockApart_IsRefusedOverTheLimit(int seconds, bool isSigned)
    {
        var observed = (ulong)((long)Now + seconds);
        var moved = Observed with { ObservedAt = observed, NotBefore = observed, Deadline = observed + 300 };
        Assert.Equal(isSigned ? null : SignRefusalCode.ClockSkew, Ask(Start(), moved));
        Assert.Null(Ask(Start(attesting: Attesting with { ClockSkewSeconds = null }), moved with { Epoch = 6, ObservedAt = observed + 1, NotBefore = observed + 1 }));
    }

    [Fact]
    public void Sign_AssetWithoutBoundsOrTwiceOrNone_IsRefused()
    {
        var signer = Start();
        var risk = Observed.Vector[0];
        Assert.Equal(SignRefusalCode.AssetNotAllowed, Ask(signer, Observed with { Vector = [risk, new AssetRisk(Attacker, 20, 3, [])] }));
        Assert.Equal(SignRefusalCode.AssetNotAllowed, Ask(signer, Observed with { Vector = [risk, risk] }));
        Assert.Equal(SignRefusalCode.AssetNotAllowed, Ask(signer, Observed with { Vector = [] }));
    }

    [Theory]
    [InlineData(4, 0, false)]
    [InlineData(5, 0, true)]
    [InlineData(50, 7, true)]
    [InlineData(51, 7, false)]
    [InlineData(50, 8, false)]
    public void Sign_ValueOutsideItsBounds_IsRefused(ulong volatility, ulong slippage, bool isSigned) => Assert.Equal(
        isSigned ? null : SignRefusalCode.ValueOutOfBounds, Ask(Start(), Observed with { Vector = [new AssetRisk(Weth, volatility, slippage, [])] }));

    [Theory]
    [InlineData(9, 2, true)]
    [InlineData(10, 2, false)]
    [InlineData(9, 0, false)]
    [InlineData(9, 5, false)]
    public void Sign_ExpiryOutsideItsBounds_IsRefused(ulong implied, ulong forward, bool isSigned)
    {
        var observed = Observed with { Vector = [new AssetRisk(Weth, 20, 3, [new ExpiryRisk(1, implied, forward)])] };
        Assert.Equal(SignRefusalCode.ValueOutOfBounds, Ask(Start(), observed));
        var bounded = Attesting with { Assets = [new AssetPolicy(Weth, 5, 50, 7, 9, 1, 4)] };
        Assert.Equal(isSigned ? null : SignRefusalCode.ValueOutOfBounds, Ask(Start(attesting: bounded), observed));
    }
}
