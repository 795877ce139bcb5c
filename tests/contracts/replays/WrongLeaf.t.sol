// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginAttestations} from "../../../contracts/interfaces/IMarginAttestations.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {PackedLeg} from "../../../contracts/libraries/PackedLeg.sol";
import {VaultLeaves} from "../VaultLeaves.sol";

/// @title Replay: a poster who understates or overstates a requirement, and a withdrawal in the same transaction
contract WrongLeafReplay is VaultLeaves {
    address private challenger = makeAddr("challenger");
    uint256 private honest;

    function setUp() public override {
        super.setUp();
        _add(writer, wbtc, 1e8);
        _add(holder, wbtc, 10e8);
        _trade(writer, holder, true, 3000e18, FAR, 40e18, 0);
        honest = book.initialRequirement(writer);
    }

    function withdrawOutside(uint256 amount, bytes memory leaf) external {
        _withdrawBy(writer, amount, leaf);
    }

    /// @dev All that may go by what is really required, in satoshis.
    function _spare() private view returns (uint256) {
        IMarginVault.Valuation memory worth = vault.valuation(writer);
        return (worth.borrowCapacity - worth.initialRequirement) * 1e8 / worth.borrowCapacity;
    }

    function _challenge(bytes memory leaf) private {
        uint256[] memory legs = book.legsOf(writer);
        bytes[] memory inputs = _preimages();
        vm.prank(challenger);
        attestations.challengeRequirement(writer, leaf, legs, inputs);
    }

    /// @dev What goes by the lie is at most half of the bond; more is measured by what is really required. The challenge wins after
    /// the fact, and the bond pays it.
    function test_Replay_UnderstatedLeaf_LossIsHalfTheBond_AndTheBondPays() public {
        _withdrawBy(writer, _spare(), "");
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        this.withdrawOutside(1000, "");

        bytes memory leaf = _attest(writer, 0);
        uint256 half = BOND / 2 * 1e8 / 60_000e6;
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        this.withdrawOutside(half + 1, leaf);
        _withdrawBy(writer, half, leaf);
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        this.withdrawOutside(100, leaf);
        // Neither does another root of the same poster help.
        bytes memory second = _attest(writer, 0);
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        this.withdrawOutside(100, second);
        IMarginVault.Valuation memory worth = vault.valuation(writer);
        assertLt(worth.borrowCapacity, worth.initialRequirement);
        assertLe(worth.initialRequirement - worth.borrowCapacity, BOND / 2 * 1e12);

        // The account is over its maintenance all the same, and the challenge does not need it as it was.
        _trade(holder, writer, true, 3000e18, FAR, 40e18, 0);
        // The legs of the leaf are gone from the account: who challenges has kept them.
        _challengeWith(leaf, 40e18);
        assertEq(usdc.balanceOf(challenger), BOND / 2);
        assertEq(usdc.balanceOf(address(insurance)), BOND / 2);
        assertEq(attestations.posterOf(poster).bond, 0);
        assertTrue(attestations.rootOf(1).void);
    }

    function _challengeWith(bytes memory leaf, int96 size) private {
        uint256[] memory legs = new uint256[](1);
        legs[0] = PackedLeg.pack(book.seriesOf(address(weth), true, 3000e18, FAR), -size);
        bytes[] memory inputs = _preimages();
        vm.prank(challenger);
        attestations.challengeRequirement(writer, leaf, legs, inputs);
    }

    /// @dev An overstated leaf harms nobody who does not use it: the owner has the requirement computed. The challenge wins all the same.
    function test_Replay_OverstatedLeaf_RefusesOnlyWhoUsesIt_AndTheBondPays() public {
        bytes memory leaf = _attest(writer, honest * 3);
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        this.withdrawOutside(0.01e8, leaf);
        _withdrawBy(writer, 0.01e8, "");
        _challenge(leaf);
        assertEq(usdc.balanceOf(challenger), BOND / 2);
        assertEq(usdc.balanceOf(address(insurance)), BOND / 2);
        // The root is void: the same leaf now computes.
        _withdrawBy(writer, 0.01e8, leaf);
    }

    /// @dev A true leaf serves as the computation does, and cannot be challenged.
    function test_Replay_TrueLeaf_Serves_AndCannotBeChallenged() public {
        bytes memory leaf = _attest(writer, honest);
        uint256 snapshot = vm.snapshotState();
        _withdrawBy(writer, 0.05e8, leaf);
        uint256 byLeaf = vault.valuation(writer).borrowCapacity;
        vm.revertToState(snapshot);
        _withdrawBy(writer, 0.05e8, "");
        assertEq(vault.valuation(writer).borrowCapacity, byLeaf);
        uint256[] memory legs = book.legsOf(writer);
        bytes[] memory inputs = _preimages();
        vm.expectPartialRevert(IMarginAttestations.LeafCorrect.selector);
        attestations.challengeRequirement(writer, leaf, legs, inputs);
        assertEq(attestations.posterOf(poster).bond, BOND);
    }
}
