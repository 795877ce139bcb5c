// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {PackedLeg} from "../../../contracts/libraries/PackedLeg.sol";
import {CampaignHandler} from "./CampaignHandler.sol";

// casting is safe throughout because figures come out of fields of the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title Writes leaves of attested requirements over the real option book and risk oracle, true but for the requirement they are told
abstract contract LeafWriter is CampaignHandler {
    using PackedLeg for uint256;

    /// @dev Posts a root of one leaf, and gives the leaf's bytes and its gross notional.
    function _post(address poster, bytes32 account, uint256 stated)
        internal
        returns (bytes memory data, uint256 gross)
    {
        bytes memory body;
        (body, gross) = _body(account, stated);
        bytes32 once = keccak256(abi.encodePacked(block.chainid, address(attestations), account, body));
        vm.prank(poster);
        uint64 rootId = attestations.postRoot(keccak256(abi.encodePacked(once)), 1);
        data = abi.encodePacked(rootId, body);
    }

    function _body(bytes32 account, uint256 stated) private view returns (bytes memory body, uint256 gross) {
        uint256[] memory words = book.legsOf(account);
        (bytes32 legsHash, uint64 nonce,) = book.legState(account);
        uint64 earliest = type(uint64).max;
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i].expiry() < earliest) earliest = words[i].expiry();
        }
        uint256[] memory order = _order(words);
        body = abi.encodePacked(
            nonce,
            legsHash,
            uint64(vm.getBlockTimestamp()),
            earliest,
            risk.epoch(),
            risk.tightenings(),
            risk.boundsVersion(),
            uint128(stated),
            uint128(0),
            uint8(order.length)
        );
        for (uint256 i = 0; i < order.length; ++i) {
            address asset = address(_tokens[order[i]]);
            uint256 spot = _answerOf(_tokens[order[i]]) * 1e10;
            uint256 amount = _grossAmount(words, order[i]);
            gross += amount * spot / 1e18;
            body = bytes.concat(
                body,
                abi.encodePacked(
                    asset,
                    uint128(spot),
                    uint128(amount),
                    uint64(risk.factors(asset).initialVolatility),
                    risk.inputsHash(asset)
                )
            );
        }
    }

    /// @dev The underlyings that legs are on, by ascending address of the asset.
    function _order(uint256[] memory words) private view returns (uint256[] memory order) {
        bool[2] memory on;
        for (uint256 i = 0; i < words.length; ++i) {
            on[words[i].underlying()] = true;
        }
        if (!on[0] || !on[1]) {
            order = new uint256[](1);
            order[0] = on[0] ? 0 : 1;
            return order;
        }
        order = new uint256[](2);
        (order[0], order[1]) = _tokens[0] < _tokens[1] ? (0, 1) : (1, 0);
    }

    function _grossAmount(uint256[] memory words, uint256 underlying) private pure returns (uint256 gross) {
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i].underlying() != underlying) continue;
            int256 amount = words[i].amount();
            gross += uint256(amount < 0 ? -amount : amount);
        }
    }

    /// @dev What the inputs hashes of a leaf over these legs are hashes of.
    function _preimages(uint256[] memory words) internal view returns (bytes[] memory inputs) {
        uint256[] memory order = _order(words);
        inputs = new bytes[](order.length);
        for (uint256 i = 0; i < order.length; ++i) {
            address asset = address(_tokens[order[i]]);
            uint64[] memory expiries = risk.expiriesOf(asset);
            uint64[] memory implied = new uint64[](expiries.length);
            uint64[] memory ratios = new uint64[](expiries.length);
            for (uint256 k = 0; k < expiries.length; ++k) {
                (uint256 volatility, uint256 ratio) = risk.optionInputs(asset, expiries[k]);
                (implied[k], ratios[k]) = (uint64(volatility), uint64(ratio));
            }
            IRiskOracle.AssetState memory state = risk.stateOf(asset);
            inputs[i] = abi.encode(
                asset,
                uint256(risk.epoch()),
                uint256(risk.tightenings()),
                state.volatility,
                state.slippage,
                state.initialVolatility,
                state.initialSlippage,
                expiries,
                implied,
                ratios
            );
        }
    }
}

// forge-lint: disable-end(unsafe-typecast)
