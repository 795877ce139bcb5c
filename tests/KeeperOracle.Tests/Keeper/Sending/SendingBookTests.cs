using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Keeper.Sending;

/// <summary>The book alone: what it wants done, event by event. The simulation has all of it together.</summary>
public sealed class SendingBookTests
{
    private const ulong Gas = 100_000;
    private static readonly Address Alice = Named(1);
    private static readonly Address Bob = Named(2);

    private static readonly SendingSettings Settings = new(
        Window: 3,
        QueueLimit: 4,
        BumpAfterBlocks: 3,
        BumpPercent: 13,
        MaxAttempts: 5,
        ResendAfterSeconds: 5,
        MissingAfterSeconds: 20,
        Confirmations: 2,
        MaxFeePerGas: 1_000,
        MaxPriorityFeePerGas: 10,
        HourlyBudget: 1_000 * Gas * 10,
        ReserveGas: 10 * Gas);

    private static readonly BigInteger Rich = BigInteger.Pow(10, 24);

    private SendingBook _book = New(Alice);
    private ulong _height = 100;
    private ulong _clock = 10;
    private int _hashes;

    [Fact]
    public void Request_BeforeAnyLook_Waits()
    {
        Assert.Empty(_book.On(new Requested(Request("a"))));
        Assert.Equal(1, _book.Queued);
    }

    [Fact]
    public void Request_SamePurposeTwice_IsOne()
    {
        Look();
        Assert.Single(_book.On(new Requested(Request("a"))));
        Assert.Empty(_book.On(new Requested(Request("a"))));
    }

    [Fact]
    public void Request_QueueFullOfEqualPriority_IsGivenUp()
    {
        foreach (var purpose in (string[])["a", "b", "c", "d"])
        {
            _book.On(new Requested(Request(purpose)));
        }

        var gaveUp = Assert.IsType<GiveUp>(Assert.Single(_book.On(new Requested(Request("e")))));
        Assert.Equal(("e", SendEnd.NotSent), (gaveUp.Purpose, gaveUp.End));
    }

    [Fact]
    public void Request_QueueFullOfLowerPriority_TheLastGivesWay()
    {
        foreach (var purpose in (string[])["a", "b", "c", "d"])
        {
            _book.On(new Requested(Request(purpose, SendPriority.Rest)));
        }

        Assert.Equal("d", Assert.IsType<GiveUp>(Assert.Single(_book.On(new Requested(Request("e", SendPriority.Protect))))).Purpose);
        Assert.Equal("e", Assert.IsType<Prepare>(Look()[0]).Purpose);
    }

    [Fact]
    public void Request_DeadlinePassedWhileItWaits_IsGivenUp()
    {
        _book.On(new Requested(Request("a") with { Deadline = Time(_height) - 1 }));
        Assert.Equal(SendEnd.NotSent, Assert.IsType<GiveUp>(Assert.Single(Look())).End);
    }

    [Fact]
    public void Request_MoreThanTheWindow_TheRestWaits()
    {
        Look();
        for (var i = 0; i < 4; i++)
        {
            var commands = _book.On(new Requested(Request($"{i}")));
            Assert.Equal(i < 3, commands is [Prepare]);
        }
    }

    [Fact]
    public void Request_TwoSigners_TheLessLadenOneTakesIt()
    {
        _book = New(Alice, Bob);
        Look();
        var first = (Prepare)_book.On(new Requested(Request("a")))[0];
        var second = (Prepare)_book.On(new Requested(Request("b")))[0];
        Assert.NotEqual(first.Signer, second.Signer);
    }

    [Fact]
    public void Request_NamesItsSigner_UsesThatOneAloneWhateverIsStuckWithAnother()
    {
        _book = New(Settings with { QueueLimit = 10 }, Alice, Bob);
        Look();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Alice, Assert.IsType<Prepare>(Assert.Single(_book.On(new Requested(Request($"{i}") with { Signer = Alice })))).Signer);
        }

        Assert.Empty(_book.On(new Requested(Request("no room") with { Signer = Alice })));
        Assert.Equal(Bob, Assert.IsType<Prepare>(Assert.Single(_book.On(new Requested(Request("report", SendPriority.Protect) with { Signer = Bob })))).Signer);
        Assert.Equal(Bob, Assert.IsType<Prepare>(Assert.Single(_book.On(new Requested(Request("whoever"))))).Signer);
    }

    [Fact]
    public void Request_NamesAStranger_IsGivenUp() =>
        Assert.Contains("no signer here", Assert.IsType<GiveUp>(Assert.Single(_book.On(new Requested(Request("a") with { Signer = Bob })))).Detail, StringComparison.Ordinal);

    [Fact]
    public void Prepared_DataFee_CountsAgainstWorthAndBudget()
    {
        _book = New(Settings with { HourlyBudget = 24 * Gas }, Alice);
        Look();
        _book.On(new Requested(Request("a") with { Worth = 100 * Gas }));
        Assert.StartsWith("DataFeeOverWorth", Assert.IsType<GiveUp>(Assert.Single(_book.On(new Prepared("a", Gas, 100 * Gas)))).Detail, StringComparison.Ordinal);
        _book.On(new Requested(Request("b") with { Worth = 100 * Gas }));
        Assert.Contains("over its ceiling of 11", Assert.IsType<GiveUp>(Assert.Single(_book.On(new Prepared("b", Gas, 89 * Gas)))).Detail, StringComparison.Ordinal);
        _book.On(new Requested(Request("c") with { Worth = 100 * Gas }));
        Assert.Contains("left of its hour", Assert.IsType<GiveUp>(Assert.Single(_book.On(new Prepared("c", Gas, (2 * Gas) + 1)))).Detail, StringComparison.Ordinal);
        _book.On(new Requested(Request("d") with { Worth = 100 * Gas }));
        Assert.Equal(22, Assert.IsType<Send>(Assert.Single(_book.On(new Prepared("d", Gas, 2 * Gas)))).MaxFee);
        Assert.Equal(2 * Gas, _book.RequestOf("d").DataFee);
    }

    [Fact]
    public void Replace_DataFee_LowersItsCeiling()
    {
        Look();
        _book.On(new Requested(Request("a") with { Worth = 100 * Gas }));
        var send = Assert.IsType<Send>(Assert.Single(_book.On(new Prepared("a", Gas, 76 * Gas))));
        _book.On(new Recorded("a", Alice, 0, 1, Attempt(send)));
        _height += 3;
        // 22 * 1.13 = 25 wei a gas, and 24 are left.
        Assert.Equal(SendingAlarm.OverCeiling, Assert.IsType<Alarm>(Assert.Single(Look())).Kind);
    }

    [Fact]
    public void Restored_SpentWithinTheHour_CountsUntilItIsOver()
    {
        _clock = 10_000;
        _book = new SendingBook(
            Settings with { HourlyBudget = 40 * Gas }, [new SignerStart(Alice, 7, [])], [new Spending(Alice, 5, "market", 7_000, 10 * Gas), new Spending(Alice, 6, "market", 20_000, 10 * Gas)]);
        Look(nonce: 7);
        _book.On(new Requested(Request("a")));
        Assert.Contains("has 2000000 left", Assert.IsType<GiveUp>(Assert.Single(_book.On(new Prepared("a", Gas)))).Detail, StringComparison.Ordinal);
        _clock = 10_600;
        Look(nonce: 7);
        _book.On(new Requested(Request("a")));
        Assert.IsType<Send>(Assert.Single(_book.On(new Prepared("a", Gas))));
        _book.On(new NotRecorded("a", Alice, 7, "no"));

        // What is written down as of later than now, because the host's clock went back, counts for an hour from the start.
        Assert.Contains("has 3000000 left", RefusalOf("b"), StringComparison.Ordinal);
        _clock = 13_600;
        Look(nonce: 7);
        Assert.Contains("has 4000000 left", RefusalOf("c"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, SendEnd.SimulationReverted)]
    [InlineData(false, SendEnd.NotSent)]
    public void NotPrepared_EndsTheRequest(bool reverted, SendEnd end)
    {
        Look();
        _book.On(new Requested(Request("a")));
        Assert.Equal(end, Assert.IsType<GiveUp>(Assert.Single(_book.On(new NotPrepared("a", reverted, "why")))).End);
        Assert.Equal(0, _book.Queued);
    }

    [Fact]
    public void Prepared_BaseFeeOverTheCeilingByWorth_IsGivenUp()
    {
        Look(baseFee: 50);
        _book.On(new Requested(Request("a") with { Worth = 51 * Gas }));
        Assert.IsType<GiveUp>(Assert.Single(_book.On(new Prepared("a", Gas))));
        _book.On(new Requested(Request("b") with { Worth = 52 * Gas }));
        Assert.IsType<Send>(Assert.Single(_book.On(new Prepared("b", Gas))));
    }

    [Fact]
    public void Prepared_HourOfTheCauseSpent_IsGivenUpUntilAnHourLater()
    {
        _book = New(Settings with { HourlyBudget = 25 * Gas }, Alice);
        Look();
        Record("a");
        _book.On(new Requested(Request("b")));
        Assert.Contains("left of its hour", Assert.IsType<GiveUp>(Assert.Single(_book.On(new Prepared("b", Gas)))).Detail, StringComparison.Ordinal);
        _book.On(new Requested(Request("c") with { Cause = "another" }));
        Assert.IsType<Send>(Assert.Single(_book.On(new Prepared("c", Gas))));
        _book.On(new NotRecorded("c", Alice, 1, "no"));
        _clock += 3600;
        Look();
        _book.On(new Requested(Request("b")));
        Assert.IsType<Send>(Assert.Single(_book.On(new Prepared("b", Gas))));
    }

    [Fact]
    public void Prepared_SignatureUnderWay_TheNextWaitsForItsNonce()
    {
        Look();
        _book.On(new Requested(Request("a")));
        _book.On(new Requested(Request("b")));
        var first = Assert.IsType<Send>(Assert.Single(_book.On(new Prepared("a", Gas))));
        Assert.Empty(_book.On(new Prepared("b", Gas)));
        var second = Assert.IsType<Send>(Assert.Single(_book.On(new Recorded("a", Alice, 0, 1, Attempt(first)))));
        Assert.Equal((0UL, 1UL), (first.Nonce, second.Nonce));
    }

    [Fact]
    public void NotRecorded_TheNonceIsNotUsed()
    {
        Look();
        _book.On(new Requested(Request("a")));
        _book.On(new Prepared("a", Gas));
        Assert.IsType<GiveUp>(Assert.Single(_book.On(new NotRecorded("a", Alice, 0, "the journal is full"))));
        Assert.Equal(0UL, Record("b").Nonce);
    }

    [Fact]
    public void Look_Mined_IsToldAtItsConfirmationsAndForgottenWhenFinal()
    {
        Look();
        var slot = Record("a");
        var mined = Mined(slot, _height + 1);
        _height++;
        Assert.Empty(Look(nonce: 1, mined: mined));
        _height++;
        Assert.Empty(Look(nonce: 1, mined: mined));
        _height++;
        var settle = Assert.IsType<Settle>(Assert.Single(Look(nonce: 1, mined: mined)));
        Assert.Equal((SendEnd.Included, mined.Block), (settle.End, settle.Block));
        Assert.Empty(Look(nonce: 1, mined: mined, finalized: mined.Block - 1));
        Assert.IsType<Conclude>(Assert.Single(Look(nonce: 1, mined: mined, finalized: mined.Block)));
        Assert.Empty(_book.Slots);
    }

    [Fact]
    public void F39_MinedWithoutSuccess_IsToldAsReverted()
    {
        Look();
        var mined = Mined(Record("a"), _height) with { Succeeded = false };
        _height += 2;
        Assert.Equal(SendEnd.Reverted, Assert.IsType<Settle>(Assert.Single(Look(nonce: 1, mined: mined))).End);
    }

    [Fact]
    public void F10_BlockGoneBeforeItWasTold_SameBytesAgainAtOnce()
    {
        Look();
        var slot = Record("a");
        Look(nonce: 1, mined: Mined(slot, _height));
        var resend = Assert.IsType<Resend>(Assert.Single(Look(reorganised: true)));
        Assert.Equal(slot.Hash, resend.Hash);
        Assert.Empty(Look());
    }

    [Fact]
    public void F10_BlockGoneAfterItWasTold_IsTakenBackAndSentAgain()
    {
        Look();
        var slot = Record("a");
        var mined = Mined(slot, _height);
        _height += 2;
        Look(nonce: 1, mined: mined);
        var commands = Look(reorganised: true);
        Assert.IsType<Reopen>(commands[0]);
        Assert.Equal(slot.Hash, Assert.IsType<Resend>(commands[1]).Hash);
    }

    [Fact]
    public void F11_MinedInAnotherBlock_ConfirmationsBeginAgain()
    {
        Look();
        var slot = Record("a");
        _height++;
        Look(nonce: 1, mined: Mined(slot, _height));
        _height++;
        Assert.Empty(Look(reorganised: true, nonce: 1, mined: Mined(slot, _height)));
        _height++;
        Assert.Empty(Look(nonce: 1));
        _height++;
        Assert.IsType<Settle>(Assert.Single(Look(nonce: 1)));
    }

    [Fact]
    public void F12_NonceTakenByOtherBytes_IsDroppedAfterTimeAndBlocks()
    {
        Look();
        Record("a");
        Assert.Empty(Look(nonce: 1));
        _clock += 20;
        Assert.Empty(Look(nonce: 1));
        _height += 2;
        var commands = Look(nonce: 1);
        Assert.Equal(SendingAlarm.NonceTaken, Assert.IsType<Alarm>(commands[0]).Kind);
        Assert.Equal(SendEnd.Dropped, Assert.IsType<Settle>(commands[1]).End);
    }

    [Fact]
    public void F12_ReceiptComesLate_NothingIsDropped()
    {
        Look();
        var slot = Record("a");
        Look(nonce: 1);
        (_clock, _height) = (_clock + 19, _height + 5);
        Look(nonce: 1);
        _clock += 1;
        Assert.Equal(SendEnd.Included, Assert.IsType<Settle>(Assert.Single(Look(nonce: 1, mined: Mined(slot, _height - 5)))).End);
    }

    [Fact]
    public void F12_NonceFreeAgainAndPurposeGivenToAnother_AnEmptyTransactionTakesIt()
    {
        Look();
        Record("a");
        Look(nonce: 1);
        (_clock, _height) = (_clock + 20, _height + 2);
        Look(nonce: 1);
        Record("a", intent: 2, nonce: 1);
        var commands = Look(reorganised: true);
        Assert.Contains(commands, command => command is Alarm { Kind: SendingAlarm.EffectMayRepeat });
        Assert.Contains(commands, command => command is Replace { IsCancel: true, Nonce: 0 });
        Assert.DoesNotContain(commands, command => command is Reopen);
    }

    [Fact]
    public void F13_HeadUnderWhatWasFinal_TheSignerStops()
    {
        Look(finalized: 90);
        _height = 89;
        Assert.Equal(SendingAlarm.FinalityBroken, Assert.IsType<Alarm>(Assert.Single(Look())).Kind);
        Assert.True(_book.IsStopped(Alice));
        Assert.Empty(_book.On(new Requested(Request("a"))));
    }

    [Fact]
    public void F32_SeveralWaiting_OnlyTheLowestIsRaised()
    {
        Look();
        Record("a");
        Record("b", intent: 2, nonce: 1);
        _height += 3;
        Assert.Equal(0UL, Assert.IsType<Replace>(Assert.Single(Look())).Nonce);
    }

    [Fact]
    public void F33_PassedBy_BothFeesRiseByThePercentage()
    {
        Look(baseFee: 10);
        var slot = Record("a");
        _height += 2;
        Assert.Empty(Look(baseFee: 10));
        _height++;
        var replace = Assert.IsType<Replace>(Assert.Single(Look(baseFee: 10)));
        Assert.False(replace.IsCancel);
        Assert.True(replace.MaxFee * 100 >= slot.MaxFee * 113);
        Assert.True(replace.Tip * 100 >= slot.Tip * 113);
    }

    [Fact]
    public void F34_ReplacementUnderpriced_IsRaisedFurtherAtTheNextBlock()
    {
        Look();
        var slot = Record("a");
        _book.On(new Answered(slot.Hash, NodeAnswer.Underpriced, "replacement transaction underpriced"));
        Assert.Empty(Look());
        _height++;
        Assert.IsType<Replace>(Assert.Single(Look()));
    }

    [Fact]
    public void F35_BaseFeeOverWhatItIsWorth_IsCancelledAndThenAlarmed()
    {
        Look(baseFee: 10);
        var slot = Record("a", worth: 30 * Gas);
        _height += 3;
        var cancel = Assert.IsType<Replace>(Assert.Single(Look(baseFee: 200)));
        Assert.True(cancel.IsCancel);
        Assert.Equal(21_000UL, cancel.GasLimit);
        Assert.True(cancel.MaxFee > slot.MaxFee);

        _book.On(new Recorded("a", Alice, 0, 1, Attempt(cancel, isCancel: true)));
        _height += 3;
        Assert.Equal(SendingAlarm.OverCeiling, Assert.IsType<Alarm>(Assert.Single(Look(baseFee: 2_000))).Kind);
    }

    [Fact]
    public void F36_UnknownToTheNode_SameBytesEveryFewSeconds()
    {
        Look();
        var slot = Record("a");
        _clock += 4;
        Assert.Empty(Look());
        _clock += 1;
        Assert.Equal(slot.Hash, Assert.IsType<Resend>(Assert.Single(Look())).Hash);
        Assert.Empty(Look());
        _clock += 5;
        Assert.Empty(Look(known: slot.Hash));
        Assert.IsType<Resend>(Assert.Single(Look()));
    }

    [Theory]
    [InlineData(NodeAnswer.Unknown)]
    [InlineData(NodeAnswer.NonceTooLow)]
    [InlineData(NodeAnswer.Held)]
    public void F37_F38_WhateverANodeSays_NoNewNonce(NodeAnswer answer)
    {
        Look();
        var slot = Record("a");
        Assert.Empty(_book.On(new Answered(slot.Hash, answer, "words")));
        Assert.Empty(Look());
        _clock += 5;
        Assert.Equal(slot.Hash, Assert.IsType<Resend>(Assert.Single(Look())).Hash);
    }

    [Fact]
    public void F41_InsufficientFunds_IsAlarmedAndKept()
    {
        Look();
        var slot = Record("a");
        Assert.Equal(SendingAlarm.LowFunds, Assert.IsType<Alarm>(Assert.Single(_book.On(new Answered(slot.Hash, NodeAnswer.InsufficientFunds, "words")))).Kind);
        Assert.Single(_book.Slots);
    }

    [Fact]
    public void F41_BalanceUnderTheReserve_LiquidationIsNotSentAndAlarmedAndAReportIs()
    {
        // A base fee of 10 and a tip of 2 are bid as 22.
        var one = 22 * Gas;
        var reserve = 22 * 10 * Gas;
        Look(balance: one + reserve - 1);
        _book.On(new Requested(Request("a")));
        var refused = _book.On(new Prepared("a", Gas));
        Assert.Equal(SendingAlarm.LowFunds, Assert.IsType<Alarm>(refused[0]).Kind);
        Assert.StartsWith("LowFunds: ", Assert.IsType<GiveUp>(refused[1]).Detail, StringComparison.Ordinal);

        _book.On(new Requested(Request("b", SendPriority.Protect)));
        Assert.IsType<Send>(Assert.Single(_book.On(new Prepared("b", Gas))));
    }

    [Fact]
    public void F41_BalanceIsPromisedToWhatWaits_TheNextIsNotSent()
    {
        var one = 22 * Gas;
        var reserve = 22 * 10 * Gas;
        Look(balance: (2 * one) + reserve - 1);
        Record("a");
        _book.On(new Requested(Request("b")));
        Assert.Contains(_book.On(new Prepared("b", Gas)), command => command is GiveUp { Purpose: "b", End: SendEnd.NotSent });

        Look(balance: (2 * one) + reserve);
        _book.On(new Requested(Request("c")));
        Assert.IsType<Send>(Assert.Single(_book.On(new Prepared("c", Gas))));
    }

    [Fact]
    public void F42_NonceAboveAllThatWasSigned_TheSignerStops()
    {
        Look();
        Assert.Equal(SendingAlarm.ForeignNonce, Assert.IsType<Alarm>(Assert.Single(Look(nonce: 1))).Kind);
        Assert.Empty(_book.On(new Requested(Request("a"))));
        Assert.Empty(Look(nonce: 1));
    }

    [Fact]
    public void Deadline_PassedWhileItWaitsForABlock_IsCancelledAndToldAsDropped()
    {
        Look();
        Record("a", deadline: Time(_height) + 1);
        _height++;
        var cancel = Assert.IsType<Replace>(Assert.Single(Look()));
        Assert.True(cancel.IsCancel);
        var attempt = Attempt(cancel, isCancel: true);
        _book.On(new Recorded("a", Alice, 0, 1, attempt));
        var mined = Mined(attempt, _height);
        _height += 2;
        Assert.Equal(SendEnd.Dropped, Assert.IsType<Settle>(Assert.Single(Look(nonce: 1, mined: mined))).End);
    }

    [Fact]
    public void Bumps_AsManyAsAllowed_ThenOnlyAnAlarm()
    {
        Look();
        Record("a");
        for (var i = 0; i < 4; i++)
        {
            _height += 3;
            _book.On(new Recorded("a", Alice, 0, 1, Attempt(Assert.IsType<Replace>(Assert.Single(Look())))));
        }

        _height += 3;
        Assert.Equal(SendingAlarm.OverCeiling, Assert.IsType<Alarm>(Assert.Single(Look())).Kind);
    }

    [Fact]
    public void OverCeiling_SameStuckBytes_IsAlarmedOnceAndAgainAfterAnotherBid()
    {
        Look();
        Record("a", worth: 24 * Gas);
        _height += 3;
        Assert.Equal(SendingAlarm.OverCeiling, Assert.IsType<Alarm>(Assert.Single(Look())).Kind);
        for (var i = 0; i < 5; i++)
        {
            _height += 3;
            Assert.DoesNotContain(Look(), command => command is Alarm);
        }

        // Now no block takes it: it is cancelled, and the cancellation is stuck in its turn.
        _height += 3;
        var cancel = Assert.IsType<Replace>(Assert.Single(Look(baseFee: 22)));
        _book.On(new Recorded("a", Alice, 0, 1, Attempt(cancel, isCancel: true)));
        _height += 3;
        Assert.Equal(SendingAlarm.OverCeiling, Assert.IsType<Alarm>(Assert.Single(Look(baseFee: 1_000))).Kind);
        _height += 3;
        Assert.DoesNotContain(Look(baseFee: 1_000), command => command is Alarm);
    }

    [Fact]
    public void Restored_OpenSlot_SameBytesFirstAndFeesLater()
    {
        Look();
        Record("a");
        var slot = Assert.Single(_book.Slots);
        _book = new SendingBook(Settings, [new SignerStart(Alice, 1, [slot])]);
        _height += 50;
        Assert.Equal(slot.Newest!.Hash, Assert.IsType<Resend>(Assert.Single(Look(reorganised: true))).Hash);
        _height += 3;
        Assert.IsType<Replace>(Assert.Single(Look()));
    }

    // --------------------------------------------------------------------------------------------------------- making events

    private static SendingBook New(params Address[] signers) => New(Settings, signers);

    private static SendingBook New(SendingSettings settings, params Address[] signers) =>
        new(settings, signers.Select(signer => new SignerStart(signer, 0, [])));

    private static SendRequest Request(string purpose, SendPriority priority = SendPriority.Liquidate) => new(purpose, priority, "market", 500 * Gas, 0);

    private IReadOnlyList<SendingCommand> Look(
        ulong nonce = 0, BigInteger? baseFee = null, bool reorganised = false, MinedIn? mined = null, ulong finalized = 0, Hash32? known = null, BigInteger? balance = null) =>
        _book.On(new ChainLooked(
            new BlockRef(_height, Number((int)_height), Number((int)_height - 1), Time(_height)),
            reorganised,
            finalized,
            baseFee ?? 10,
            2,
            _clock,
            ImmutableDictionary<Address, ulong>.Empty.Add(Alice, nonce).Add(Bob, 0),
            ImmutableDictionary<Address, BigInteger>.Empty.Add(Alice, balance ?? Rich).Add(Bob, Rich),
            mined is null ? ImmutableDictionary<Hash32, MinedIn>.Empty : ImmutableDictionary<Hash32, MinedIn>.Empty.Add(mined.Transaction, mined),
            known is { } hash ? [hash] : []));

    /// <summary>From the request to durable bytes.</summary>
    private (ulong Nonce, Hash32 Hash, BigInteger MaxFee, BigInteger Tip) Record(
        string purpose, long intent = 1, ulong nonce = 0, BigInteger? worth = null, ulong deadline = 0)
    {
        _book.On(new Requested(Request(purpose) with { Worth = worth ?? 500 * Gas, Deadline = deadline }));
        var send = Assert.IsType<Send>(Assert.Single(_book.On(new Prepared(purpose, Gas))));
        Assert.Equal(nonce, send.Nonce);
        var attempt = Attempt(send);
        _book.On(new Recorded(purpose, Alice, send.Nonce, intent, attempt));
        return (send.Nonce, attempt.Hash, send.MaxFee, send.Tip);
    }

    /// <summary>Of a request whose gas is over every budget.</summary>
    private string RefusalOf(string purpose)
    {
        _book.On(new Requested(Request(purpose) with { Worth = 500 * Gas }));
        return Assert.IsType<GiveUp>(Assert.Single(_book.On(new Prepared(purpose, 3 * Gas)))).Detail;
    }

    private SlotAttempt Attempt(Send send) => new(Number(++_hashes + 1_000_000), false, send.GasLimit, send.MaxFee, send.Tip, _height, _clock);

    private SlotAttempt Attempt(Replace replace, bool isCancel = false) =>
        new(Number(++_hashes + 1_000_000), isCancel, replace.GasLimit, replace.MaxFee, replace.Tip, _height, _clock);

    private static MinedIn Mined((ulong Nonce, Hash32 Hash, BigInteger MaxFee, BigInteger Tip) slot, ulong block) => new(slot.Hash, block, Number((int)block), true, 10 * Gas);

    private static MinedIn Mined(SlotAttempt attempt, ulong block) => new(attempt.Hash, block, Number((int)block), true, 10 * Gas);

    private static ulong Time(ulong height) => 1_767_225_600 + (2 * height);

    private static Hash32 Number(int number) => Snapshots.Number(number, 32);

    private static Address Named(byte last) => new([.. new byte[19], last]);
}
