// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginAttestations} from "../../contracts/interfaces/IMarginAttestations.sol";
import {LeafRecompute} from "../../contracts/libraries/LeafRecompute.sol";
import {AttestationTest} from "./AttestationTest.sol";
import {FakeVault} from "./mocks/AttestationFakes.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title Wrong leaves are proven wrong, right ones are not, and what the winner gets
/// forge-config: default.fuzz.runs = 200
/// forge-config: ci.fuzz.runs = 800
contract MarginChallengeTest is AttestationTest {
    // ---------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_ChallengedLeafIsMalformedUnknownOrNotInRoot() public {
        bytes memory data = _post(_honest());
        bytes[] memory inputs = _preimages(1);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.LeafMalformed.selector, 3));
        attestations.challengeRequirement(account, hex"010203", words, inputs);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.LeafMalformed.selector, 3));
        attestations.challengeInputs(account, hex"010203", 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.LeafMalformed.selector, 3));
        attestations.decodeLeaf(hex"010203");
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.LeafNotInRoot.selector, 1));
        attestations.challengeRequirement(bytes32(uint256(account) + 1), data, words, inputs);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.LeafNotInRoot.selector, 1));
        attestations.challengeInputs(bytes32(uint256(account) + 1), data, 0);
        data[7] = bytes1(uint8(2));
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.RootUnknown.selector, 2));
        attestations.challengeRequirement(account, data, words, inputs);
    }

    function test_RevertWhen_PreimagesAreOthers() public {
        bytes memory data = _post(_honest());
        bytes[] memory inputs = _preimages(1);
        uint256[] memory fewer = new uint256[](1);
        fewer[0] = words[0];
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginAttestations.LegsHashMismatch.selector,
                keccak256(abi.encodePacked(fewer)),
                keccak256(abi.encodePacked(words))
            )
        );
        attestations.challengeRequirement(account, data, fewer, inputs);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.InputsCountMismatch.selector, 2, 1));
        attestations.challengeRequirement(account, data, words, new bytes[](2));
        inputs[0] = risk.preimageOf(btc);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginAttestations.InputsHashMismatch.selector, eth, risk.inputsHash(btc), risk.inputsHash(eth)
            )
        );
        attestations.challengeRequirement(account, data, words, inputs);
    }

    /// @dev A wrong challenge costs its gas: the leaf still holds, the bond is whole.
    function test_RevertWhen_ChallengedLeafIsRight() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        bytes memory data = _post(leaf);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginAttestations.LeafCorrect.selector, leaf.requirement, leaf.requirement, 6000e18 / 1e6
            )
        );
        this.challenge(data);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.InputsCorrect.selector, eth));
        attestations.challengeInputs(account, data, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.PlaceOutOfRange.selector, 1, 1));
        attestations.challengeInputs(account, data, 1);
        _assertHolds(data, leaf.requirement);
        assertEq(attestations.posterOf(poster).bond, BOND);
    }

    function test_RevertWhen_RootIsAlreadyVoid() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.requirement = 0;
        bytes memory data = _post(leaf);
        _challenge(data);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.RootAlreadyVoid.selector, 1));
        this.challenge(data);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.RootAlreadyVoid.selector, 1));
        attestations.challengeInputs(account, data, 0);
    }

    // ------------------------------------------------------------------------------------------------- requirement

    /// @dev 1e-6 of 6,000 is .006: so much either way is right, a unit more is wrong.
    function test_Challenge_Tolerance_BothSidesOfBothBounds() public {
        uint128 right = _honest().requirement;
        int256[4] memory off = [int256(0.006e18), -0.006e18, 0.006e18 + 1, -0.006e18 - 1];
        for (uint256 i = 0; i < 4; ++i) {
            IMarginAttestations.Leaf memory leaf = _honest();
            leaf.requirement = uint128(uint256(int256(uint256(right)) + off[i]));
            bytes memory data = _post(leaf);
            if (i < 2) {
                vm.expectRevert(
                    abi.encodeWithSelector(IMarginAttestations.LeafCorrect.selector, leaf.requirement, right, 0.006e18)
                );
                this.challenge(data);
            } else {
                _assertVoided(data, "RequirementWrong", BOND);
                _bond(poster, BOND);
            }
        }
    }

    /// @dev The winner gets half, the insurance fund the rest and the odd unit; a second root under the same bond is void for nothing.
    function test_Challenge_Understated_PaysHalfAndHalf() public {
        _bond(poster, 1);
        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.requirement -= 1e18;
        bytes memory first = _post(leaf);
        bytes memory second = _post(leaf);
        vm.expectEmit();
        emit IMarginAttestations.RootVoided(1, account, challenger, "RequirementWrong", 50_000e6, 50_000e6 + 1);
        _challenge(first);
        assertEq(usdc.balanceOf(challenger), 50_000e6);
        assertEq(usdc.balanceOf(insurance), 50_000e6 + 1);
        assertEq(attestations.posterOf(poster).bond, 0);
        assertTrue(attestations.rootOf(1).void);
        assertFalse(attestations.rootOf(2).void);
        _assertVoided(second, "RequirementWrong", 0);
    }

    /// @dev The account has other legs, spot and inputs are others, the leaf is long expired, the oracle an epoch on: still proven.
    function test_Challenge_EverythingChangedSince_StillProven() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        bytes memory right = _post(leaf);
        leaf.requirement += 1e18;
        bytes memory wrong = _post(leaf);
        bytes[] memory inputs = _preimages(1);

        book.set(account, new uint256[](0));
        hub.set(eth, 1e18);
        skip(60 minutes);
        risk.report(8, uint64(vm.getBlockTimestamp()));
        risk.set(_inputs(eth));

        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginAttestations.LeafCorrect.selector, leaf.requirement - 1e18, leaf.requirement - 1e18, 0.006e18
            )
        );
        attestations.challengeRequirement(account, right, words, inputs);
        vm.prank(challenger);
        attestations.challengeRequirement(account, wrong, words, inputs);
        assertEq(usdc.balanceOf(challenger), BOND / 2);
    }

    /// @dev Any book and any error over the tolerance: proven; and the honest figure never is.
    function testFuzz_Challenge_AnyBook_WrongIsProvenRightIsNot(uint256 seed, uint256 off, bool over) public {
        uint256[] memory legs = new uint256[](bound(seed, 1, 5));
        for (uint256 i = 0; i < legs.length; ++i) {
            uint256 x = uint256(keccak256(abi.encode(seed, i)));
            legs[i] = _word(
                uint8(x % 2),
                (x >> 8) % 2 == 0,
                uint96((x % 2 == 0 ? 1 : 20) * (1000e18 + (x >> 16) % 5000e18)),
                (x >> 160) % 2 == 0 ? MONTH : QUARTER,
                int96(int256((x >> 168) % 20e18) - 10e18)
            );
        }
        _setLegs(legs);
        IMarginAttestations.Leaf memory leaf = _honestOnBoth();
        uint256 tolerance = (_grossAmount(0) * 3000 + _grossAmount(1) * 60_000) / 1e6;
        bytes memory data = _post(leaf);
        vm.expectPartialRevert(IMarginAttestations.LeafCorrect.selector);
        this.challenge(data);

        off = bound(off, tolerance + 3, 1e24);
        if (over || leaf.requirement < off) leaf.requirement += uint128(off);
        else leaf.requirement -= uint128(off);
        _assertVoided(_post(leaf), "RequirementWrong", BOND);
    }

    /// @dev Half of all requirements but the largest, of two the smaller: the offset may be that and no more.
    function test_Challenge_Offset_HalfOfTheSmallerRequirement() public {
        _shortBoth();
        (uint256 first, uint256 second) = (_reference(0, 3000e18), _reference(1, 60_000e18));
        uint256 smaller = first < second ? first : second;
        uint256 tolerance = (_grossAmount(0) * 3000 + _grossAmount(1) * 60_000) / 1e6;
        for (uint256 i = 0; i < 2; ++i) {
            IMarginAttestations.Leaf memory leaf = _honestOnBoth();
            leaf.offset = uint128(smaller / 2 + tolerance + i);
            leaf.requirement -= leaf.offset;
            bytes memory data = _post(leaf);
            if (i == 0) {
                _assertHolds(data, leaf.requirement);
                vm.expectPartialRevert(IMarginAttestations.LeafCorrect.selector);
                this.challenge(data);
            } else {
                _assertVoided(data, "OffsetTooLarge", BOND);
            }
        }
    }

    function test_Challenge_OffsetOfOneUnderlying_TooLarge() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.offset = 1e18;
        leaf.requirement -= 1e18;
        _assertVoided(_post(leaf), "OffsetTooLarge", BOND);
    }

    // ----------------------------------------------------------------------------------- contradictions in a leaf

    function test_Challenge_UnderlyingsUnsortedOrTwice_Wrong() public {
        _shortBoth();
        IMarginAttestations.Leaf memory leaf = _honestOnBoth();
        (leaf.underlyings[0], leaf.underlyings[1]) = (leaf.underlyings[1], leaf.underlyings[0]);
        bytes[] memory inputs = new bytes[](2);
        (inputs[0], inputs[1]) = (risk.preimageOf(btc), risk.preimageOf(eth));
        bytes memory data = _post(leaf);
        attestations.challengeRequirement(account, data, words, inputs);
        assertTrue(attestations.rootOf(1).void);

        _bond(poster, BOND);
        leaf = _honestOnBoth();
        leaf.underlyings[1] = leaf.underlyings[0];
        data = _post(leaf);
        inputs[0] = inputs[1];
        attestations.challengeRequirement(account, data, words, inputs);
        assertTrue(attestations.rootOf(2).void);
    }

    function test_Challenge_UnderlyingMissing_Wrong() public {
        _shortBoth();
        _assertVoided(_post(_honest()), "UnderlyingMissing", BOND);
    }

    function test_Challenge_GrossAmountWrong_EitherWay() public {
        for (uint256 i = 0; i < 2; ++i) {
            IMarginAttestations.Leaf memory leaf = _honest();
            leaf.underlyings[0].grossAmount = i == 0 ? 2e18 - 1 : 2e18 + 1;
            _assertVoided(_post(leaf), "GrossAmountWrong", BOND);
            _bond(poster, BOND);
        }
    }

    /// @dev The volatility of the range is the leaf's own, so it is bounded from below for ever, and above only while it can be seen.
    function test_Challenge_VolatilityUnderTheAttested_Wrong() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.underlyings[0].volatility -= 1;
        _assertVoided(_post(leaf), "VolatilityUnderAttested", BOND);
    }

    function test_Challenge_ExpiryEarlierThanStated_Wrong() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.earliestExpiry += 1;
        _assertVoided(_post(leaf), "ExpiryEarlier", BOND);
    }

    function test_Challenge_ExpiryNotAttested_Wrong() public {
        uint256[] memory legs = new uint256[](1);
        legs[0] = _word(0, false, 3000e18, MONTH + 1, -1e18);
        _setLegs(legs);
        _assertVoided(_post(_honest()), "ExpiryNotAttested", BOND);
    }

    /// @dev The slope holds for ratios up to 1.5.
    function test_Challenge_ForwardRatioTooLarge_Wrong() public {
        for (uint256 i = 0; i < 2; ++i) {
            LeafRecompute.Inputs memory inputs = _inputs(eth);
            inputs.forwardRatios[1] = uint64(1.5e18 + i);
            risk.set(inputs);
            bytes memory data = _post(_honest());
            if (i == 1) {
                _assertVoided(data, "ForwardRatioTooLarge", BOND);
            } else {
                vm.expectPartialRevert(IMarginAttestations.LeafCorrect.selector);
                this.challenge(data);
            }
        }
    }

    /// @dev A leaf of an account with a leg that is over already: intrinsic value at spot. It never holds, and it can be right.
    function test_Challenge_ExpiredLeg_CountsItsIntrinsicValue() public {
        uint256[] memory legs = new uint256[](1);
        legs[0] = _word(0, false, 3100e18, MONTH, -1e18);
        _setLegs(legs);
        vm.warp(MONTH);
        risk.report(7, MONTH);
        IMarginAttestations.Leaf memory leaf = _honest();
        bytes memory data = _post(leaf);
        (,, bytes32 why) = attestations.attested(account, data);
        assertEq(why, "ExpiryNear");
        // 100 in the money, 16.34 % of 3,000 as worst loss (of the grid; -66 % x .24 is 475.2), 1 % of spot
        leaf.requirement = 100e18 + 490.101163e18 + 30e18;
        data = _post(leaf);
        vm.expectPartialRevert(IMarginAttestations.LeafCorrect.selector);
        this.challenge(data);
    }

    // ------------------------------------------------------------------------------------------------ false inputs

    function test_ChallengeInputs_NotTheOracles_Proven() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.underlyings[0].inputsHash = keccak256("false");
        bytes memory data = _post(leaf);
        (,, bytes32 why) = attestations.attested(account, data);
        assertEq(why, "InputsChanged");
        vm.expectEmit();
        emit IMarginAttestations.RootVoided(1, account, challenger, "InputsFalse", BOND / 2, BOND / 2);
        vm.prank(challenger);
        attestations.challengeInputs(account, data, 0);
    }

    function test_ChallengeInputs_AssetUnknownToTheOracle_Proven() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.underlyings[0].asset = address(0x3000);
        bytes memory data = _post(leaf);
        vm.expectEmit();
        emit IMarginAttestations.RootVoided(1, account, challenger, "InputsFalse", BOND / 2, BOND / 2);
        vm.prank(challenger);
        attestations.challengeInputs(account, data, 0);
    }

    /// @dev An honest leaf of an epoch, tightening or bounds version that is over is not false.
    function test_RevertWhen_InputsOfTheLeafCanNotBeSeenAnyMore() public {
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory data = _post(_honest());
            (, IMarginAttestations.Leaf memory leaf) = attestations.decodeLeaf(data);
            if (i == 0) risk.report(8, START);
            if (i == 1) risk.tighten();
            if (i == 2) risk.changeBounds();
            risk.set(_inputs(eth));
            vm.expectRevert(
                abi.encodeWithSelector(
                    IMarginAttestations.InputsNotVisible.selector, eth, leaf.epoch, leaf.tightenings, leaf.boundsVersion
                )
            );
            attestations.challengeInputs(account, data, 0);
        }
    }

    /// @dev 1 % either way, within the window.
    function test_ChallengeInputs_VolatilityNotTheOneInForce_Proven() public {
        uint64[4] memory volatility = [0.606e18, 0.594e18, 0.606e18 + 1, 0.594e18 - 1];
        for (uint256 i = 0; i < 4; ++i) {
            IMarginAttestations.Leaf memory leaf = _honest();
            leaf.underlyings[0].volatility = volatility[i];
            bytes memory data = _post(leaf);
            if (i < 2) {
                vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.InputsCorrect.selector, eth));
                attestations.challengeInputs(account, data, 0);
            } else {
                vm.prank(challenger);
                attestations.challengeInputs(account, data, 0);
                assertTrue(attestations.rootOf(uint64(i) + 1).void);
                _bond(poster, BOND);
            }
        }
    }

    function test_RevertWhen_VolatilityComparedAfterTheWindow() public {
        bytes memory data = _post(_honest());
        risk.setRangeVolatility(eth, 0.7e18);
        skip(10 minutes + 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.InputsCorrect.selector, eth));
        attestations.challengeInputs(account, data, 0);
        vm.warp(START + 10 minutes);
        vm.prank(challenger);
        attestations.challengeInputs(account, data, 0);
        assertTrue(attestations.rootOf(1).void);
    }

    // ----------------------------------------------------------------------------------------------------- replays

    /// @dev Poster and account are one attacker: root and withdrawal in one transaction, on a leaf that says nothing is needed. He gets away with at most
    /// half of his bond, and loses all of it.
    function test_Replay_UnderstatedLeafWithWithdrawal_CostsMoreThanItTakes() public {
        uint256 needed = _honest().requirement;
        vault.set(account, needed + 10e18, needed);
        vm.expectRevert(abi.encodeWithSelector(FakeVault.InitialRequirementViolated.selector, needed - 1, needed));
        vault.withdraw(account, 10e18 + 1, "");

        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.requirement = 0;
        Attacker attacker = new Attacker();
        _bond(address(attacker), MINIMUM_BOND);
        (bytes32 root, bytes32[] memory proof) = _tree(_body(leaf), LEVELS);
        bytes memory data = abi.encodePacked(uint64(1), _body(leaf), proof);
        uint256 before = vault.collateral(account);
        attacker.strike(attestations, vault, account, root, data, needed);
        uint256 taken = before - vault.collateral(account);
        assertEq(taken, needed);
        assertLe(taken, MINIMUM_BOND / 2 * 1e12);

        // He can not take the bond back before it is challenged.
        vm.expectPartialRevert(IMarginAttestations.BondLocked.selector);
        attacker.leave(attestations, MINIMUM_BOND);
        skip(70 minutes);
        vm.expectPartialRevert(IMarginAttestations.BondLocked.selector);
        attacker.leave(attestations, MINIMUM_BOND);
        _challenge(data);
        assertEq(usdc.balanceOf(challenger), MINIMUM_BOND / 2);
        assertEq(usdc.balanceOf(insurance), MINIMUM_BOND / 2);
    }

    /// @dev A withdrawal over half of the bond finds the leaf invalid, is computed, and refused.
    function test_Replay_UnderstatedLeafOverTheLimit_Computed() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.requirement = 0;
        bytes memory data = _post(leaf);
        vault.set(account, 60_000e18, 20_000e18);
        vm.expectRevert(abi.encodeWithSelector(FakeVault.InitialRequirementViolated.selector, 10_000e18 - 1, 20_000e18));
        vault.withdraw(account, 50_000e18 + 1, data);
        assertTrue(vault.withdraw(account, 50_000e18, data));
    }

    /// @dev An overstated leaf keeps nobody's collateral: without it the same withdrawal goes through in the same block, and its poster pays.
    function test_Replay_OverstatedLeafWithWithdrawal_OwnerDoesWithoutIt() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        uint256 needed = leaf.requirement;
        leaf.requirement += 1000e18;
        bytes memory data = _post(leaf);
        vault.set(account, needed + 500e18, needed);
        vm.expectRevert(abi.encodeWithSelector(FakeVault.InitialRequirementViolated.selector, needed, needed + 1000e18));
        vault.withdraw(account, 500e18, data);
        assertFalse(vault.withdraw(account, 500e18, ""));
        _challenge(data);
        assertEq(usdc.balanceOf(challenger), BOND / 2);
        assertEq(attestations.posterOf(poster).used, 0);
    }

    // ----------------------------------------------------------------------------------------------------- helpers

    /// @notice External, so that a revert of it can be expected.
    function challenge(bytes memory data) external {
        _challenge(data);
    }

    function _assertVoided(bytes memory data, bytes32 why, uint256 bond) private {
        (uint64 rootId,) = attestations.decodeLeaf(data);
        vm.expectEmit();
        emit IMarginAttestations.RootVoided(rootId, account, challenger, why, bond / 2, bond - bond / 2);
        _challenge(data);
        assertEq(attestations.posterOf(poster).bond, 0);
        assertTrue(attestations.rootOf(rootId).void);
    }

    function _shortBoth() private {
        uint256[] memory legs = new uint256[](2);
        legs[0] = _word(0, false, 3000e18, MONTH, -1e18);
        legs[1] = _word(1, true, 60_000e18, QUARTER, -0.5e18);
        _setLegs(legs);
    }
}

/// @title Posts a root and leans on it in one transaction
contract Attacker {
    function strike(
        IMarginAttestations attestations,
        FakeVault vault,
        bytes32 account,
        bytes32 root,
        bytes calldata leaf,
        uint256 value
    ) external {
        attestations.postRoot(root, 1);
        require(vault.withdraw(account, value, leaf), "not on the leaf");
    }

    function leave(IMarginAttestations attestations, uint256 amount) external {
        attestations.withdrawBond(amount, address(this));
    }
}
